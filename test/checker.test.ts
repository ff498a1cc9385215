/** Promise: the history checker passes what is right and catches each thing that can be wrong, by name. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Anomaly, anomalies, check, describe } from './checker.js';
import type { Line } from './checker-lines.js';
import { sampleHistory } from './checker-sample.js';

const STEPS = [
  0, 1, 0, 18, 19, 0, 24, 1, 10, 28, 11, 24, 0, 17, 30, 26, 0, 1, 26, 16, 16, 12, 1, 0, 25, 1, 24,
];
const clean = () => sampleHistory(STEPS);

type Break = (lines: Line[]) => Line[] | null;
const indexes = (lines: readonly Line[], wanted: (line: Line) => boolean) =>
  lines.flatMap((line, index) => (wanted(line) ? [index] : []));
const swap = (lines: Line[], a: number, b: number) =>
  lines.map((line, index) => {
    const other = index === a ? lines[b] : index === b ? lines[a] : undefined;
    return other ? { ...other, t: line.t } : line;
  });
const change = (lines: Line[], at: number | undefined, patch: Partial<Line>) =>
  at === undefined ? null : lines.map((line, index) => (index === at ? { ...line, ...patch } : line));
const without = (lines: Line[], at: number | undefined) =>
  at === undefined ? null : lines.filter((_, index) => index !== at);
const double = (lines: Line[], at: number | undefined) =>
  at === undefined ? null : lines.flatMap((line, index) => (index === at ? [line, { ...line }] : [line]));
/** The first of two `recv` lines of one member that follow each other in the log. */
const pairOfRecv = (lines: Line[]): [number, number] | null => {
  const recv = indexes(lines, ({ kind }) => kind === 'recv');
  for (const first of recv) {
    const one = lines[first];
    const second = recv.find(
      (at) => at > first && lines[at]?.actor === one?.actor && lines[at]?.seq === (one?.seq ?? 0) + 1,
    );
    const between = lines
      .slice(first, second)
      .some(({ actor, kind }) => actor === one?.actor && kind === 'reset');
    if (second !== undefined && !between) return [first, second];
  }
  return null;
};
const acked = (lines: Line[]) => lines.find(({ kind }) => kind === 'ok');

/** One way to break each promise; null where the history has nothing to break. */
const breaks: Record<Anomaly, Break> = {
  'lost-acked': (lines) => {
    const cid = acked(lines)?.cid;
    return lines.filter((line) => line.cid !== cid || (line.op !== 'dump' && line.op !== 'final'));
  },
  ghost: (lines) => {
    const cid = acked(lines)?.cid;
    const [ok] = indexes(lines, (line) => line.kind === 'ok' && line.cid === cid);
    if (lines.some((line) => line.cid === cid && line.kind === 'info')) return null;
    return change(lines, ok, { kind: 'fail' });
  },
  duplicate: (lines) => double(lines, indexes(lines, ({ kind }) => kind === 'recv')[0]),
  corrupt: (lines) =>
    change(lines, indexes(lines, ({ kind }) => kind === 'ok')[0], { body_hash: 'something else' }),
  hole: (lines) => {
    const dump = indexes(lines, ({ op }) => op === 'dump');
    const [first] = dump;
    return lines.map((line) =>
      line.op === 'dump' && first !== undefined ? { ...line, seq: (line.seq ?? 0) + 1 } : line,
    );
  },
  inversion: (lines) => {
    const pair = pairOfRecv(lines);
    return pair && swap(lines, ...pair);
  },
  gap: (lines) => {
    const pair = pairOfRecv(lines);
    return pair && without(lines, pair[0]);
  },
  'silent-gap': (lines) => {
    const pair = pairOfRecv(lines);
    return pair && swap(lines, ...pair);
  },
  fifo: (lines) => {
    const sender = acked(lines)?.actor;
    const [one, two] = indexes(lines, ({ kind, actor }) => kind === 'ok' && actor === sender);
    if (one === undefined || two === undefined) return null;
    const [first, second] = [lines[one]?.seq ?? 0, lines[two]?.seq ?? 0];
    const other = new Map([
      [first, second],
      [second, first],
    ]);
    const cids = [lines[one]?.cid, lines[two]?.cid];
    return lines.map((line) =>
      line.cid !== null && cids.includes(line.cid) && line.seq !== null
        ? { ...line, seq: other.get(line.seq) ?? line.seq }
        : line,
    );
  },
  stale: (lines) => {
    const last = indexes(lines, ({ kind, op }) => kind === 'recv' && op === 'follow').at(-1);
    const healed = lines.find(({ op }) => op === 'heal')?.t ?? 0;
    if (last === undefined || (lines[last]?.t ?? 0) < healed) return null;
    return lines.map((line, index) => (index >= last ? { ...line, t: line.t + 20e9 } : line));
  },
  leak: (lines) => {
    const shop = sampleHistory([], 'othershop/main');
    const foreign = shop.find(({ kind }) => kind === 'ok');
    const at = indexes(lines, ({ kind }) => kind === 'recv')[0];
    const { cid = null, body_hash = null } = foreign ?? {};
    const mixed = change(lines, at, { cid, body_hash });
    return mixed && [...mixed, ...shop];
  },
  'non-linear': (lines) => {
    const ok = lines.find(({ kind }) => kind === 'ok');
    const later = lines.find(
      (line) =>
        line.kind === 'invoke' && line.t > (ok?.t ?? 0) && line.actor !== ok?.actor && line.cid !== null,
    );
    const storedLater = lines.find(({ op, cid }) => op === 'dump' && cid === later?.cid);
    const first = lines.findIndex((line) => line.kind === 'invoke' && line.cid === later?.cid);
    if (!ok || !storedLater || (lines[first]?.t ?? 0) < ok.t) return null;
    const numbers = new Map([
      [ok.cid, storedLater.seq],
      [later?.cid ?? null, ok.seq],
    ]);
    return lines.map((line) =>
      line.seq !== null && numbers.has(line.cid) ? { ...line, seq: numbers.get(line.cid) ?? null } : line,
    );
  },
  stuck: (lines) => {
    const cid = lines.findLast(({ kind }) => kind === 'ok')?.cid;
    return lines.filter((line) => line.kind !== 'ok' || line.cid !== cid);
  },
};

it('a clean history passes', () => {
  const lines = clean();
  assert.ok(lines.filter(({ kind }) => kind === 'ok').length >= 8);
  assert.equal(describe(check(lines)), '');
});

for (const [name, breakIt] of Object.entries(breaks)) {
  it(`${anomalies[name as Anomaly]} ${name} is caught, with the lines that show it`, () => {
    const broken = breakIt(clean());
    assert.ok(broken, 'the sample has nothing to break');
    const found = check(broken).filter((violation) => violation.name === name);
    assert.ok(found.length > 0, describe(check(broken)) || 'nothing was found');
    assert.ok(found[0]?.lines.length);
  });
}

it('a member that never comes back, and one that ends below the head, are named', () => {
  const lines = clean();
  const gone = [...lines, { ...(lines[0] as Line), t: 1e12, kind: 'disconnect' as const }];
  assert.ok(check(gone).some(({ name }) => name === 'stuck'));
  const last = indexes(lines, ({ kind, op }) => kind === 'recv' && op === 'follow').at(-1);
  assert.ok(check(without(lines, last) ?? []).some(({ name }) => name === 'stale'));
});

it('a banned member that still hears something is named', () => {
  const lines = clean();
  const actor = lines.find(({ kind }) => kind === 'recv')?.actor ?? '';
  const ban: Line = { ...(lines[0] as Line), t: -2e9, actor, op: 'ban', kind: 'info' };
  assert.ok(check([ban, ...lines]).some(({ name }) => name === 'leak'));
});

const choices = fc.array(fc.nat({ max: 31 }), { minLength: 20, maxLength: 200 });

it('whatever a right room does, nothing is found', () => {
  fc.assert(
    fc.property(choices, (steps) => {
      assert.equal(describe(check(sampleHistory(steps))), '');
    }),
    { numRuns: 300 },
  );
});

it('whatever a right room does, each break of it is caught', () => {
  const tried = new Map<string, number>();
  fc.assert(
    fc.property(choices, fc.constantFrom(...Object.keys(breaks)), (steps, name) => {
      const broken = breaks[name as Anomaly](sampleHistory(steps));
      if (!broken) return;
      tried.set(name, (tried.get(name) ?? 0) + 1);
      const found = check(broken);
      assert.ok(
        found.some((violation) => violation.name === name),
        describe(found) || `${name} was not found`,
      );
    }),
    { numRuns: 600 },
  );
  for (const name of Object.keys(breaks)) assert.ok((tried.get(name) ?? 0) > 0, `${name} was never tried`);
});
