/** Promise: the history checker passes what is right and catches each thing that can be wrong, by name. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Anomaly, anomalies, checkHistory, formatViolations } from './index.js';
import { DELETED_HASH, type HistoryEntry } from './log-lines.js';
import { sampleHistory } from './samples.js';
import { changeBreaks, indexesWhere, removeLine, violationBreaks } from './violations.js';

const STEPS = [
  0, 1, 0, 18, 19, 0, 24, 1, 10, 28, 11, 24, 0, 17, 30, 26, 0, 1, 26, 16, 16, 12, 1, 0, 25, 1, 24, 0, 1, 32,
  34, 38, 39, 16, 17, 0, 33, 36, 38, 39, 26, 26, 37, 17, 0, 35, 16, 38, 39,
];
const clean = () => sampleHistory(STEPS);

it('the sample has edits and deletes, some repeated', () => {
  const changes = clean().filter(({ op }) => op === 'change');
  for (const kind of ['ok', 'info'])
    assert.ok(
      changes.some((line) => line.kind === kind),
      kind,
    );
  assert.ok(changes.some(({ body_hash }) => body_hash === DELETED_HASH));
});

for (const [what, { name, breakIt }] of Object.entries(changeBreaks)) {
  it(`${anomalies[name]} ${name}: ${what}`, () => {
    const broken = breakIt(clean());
    assert.ok(broken, 'the sample has nothing to break');
    const found = checkHistory(broken);
    assert.ok(
      found.some((violation) => violation.name === name),
      formatViolations(found) || 'nothing was found',
    );
  });
}

it('a correct history passes', () => {
  const lines = clean();
  assert.ok(lines.filter(({ kind }) => kind === 'ok').length >= 8);
  assert.equal(formatViolations(checkHistory(lines)), '');
});

for (const [name, breakIt] of Object.entries(violationBreaks)) {
  it(`${anomalies[name as Anomaly]} ${name} is detected, with the log lines that show it`, () => {
    const broken = breakIt(clean());
    assert.ok(broken, 'the sample has nothing to break');
    const found = checkHistory(broken).filter((violation) => violation.name === name);
    assert.ok(found.length > 0, formatViolations(checkHistory(broken)) || 'nothing was found');
    assert.ok(found[0]?.entries.length);
  });
}

it('a member that never returns, and one that stops below the head, are reported', () => {
  const lines = clean();
  const gone = [...lines, { ...(lines[0] as HistoryEntry), t: 1e12, kind: 'disconnect' as const }];
  assert.ok(checkHistory(gone).some(({ name }) => name === 'stuck'));
  const last = indexesWhere(lines, ({ kind, op }) => kind === 'recv' && op === 'follow').at(-1);
  assert.ok(checkHistory(removeLine(lines, last) ?? []).some(({ name }) => name === 'stale'));
});

it('an acknowledgement without a number counts as an answer, and its message must be stored', () => {
  const acked = clean().map((line) =>
    line.kind === 'ok' && line.op === 'send' ? { ...line, kind: 'answered' as const } : line,
  );
  const names = (lines: HistoryEntry[]) => checkHistory(lines).map(({ name }) => name);
  assert.ok(!names(acked).includes('stuck') && !names(acked).includes('lost-acked'));
  const { cid } = acked.find(({ kind }) => kind === 'answered') as HistoryEntry;
  const lost = acked.filter((line) => line.cid !== cid || (line.op === 'send' && line.kind !== 'ok'));
  assert.ok(names(lost).includes('lost-acked'));
});

it('a banned member that still receives events is reported', () => {
  const lines = clean();
  const actor = lines.find(({ kind }) => kind === 'recv')?.actor ?? '';
  const ban: HistoryEntry = { ...(lines[0] as HistoryEntry), t: -2e9, actor, op: 'ban', kind: 'info' };
  assert.ok(checkHistory([ban, ...lines]).some(({ name }) => name === 'leak'));
});

/** One member is shown `count` messages; then the first of them is changed, and it is shown that only where `told`. */
function changedAfter(count: number, told: boolean, window?: number): HistoryEntry[] {
  const room = 'kimpga/main';
  const base = { actor: `ours@${room}`, node: 'one', room, epoch: 'e1', upto: null };
  let t = 0;
  const line = (
    op: HistoryEntry['op'],
    kind: HistoryEntry['kind'],
    more: Partial<HistoryEntry>,
  ): HistoryEntry => {
    t += 1e6;
    return { ...base, t, op, kind, cid: null, id: null, seq: null, body_hash: null, ...more };
  };
  const message = (id: number, seq = id) => ({ id, seq, cid: `kimpga:minsu:m${id}`, body_hash: `${seq}` });
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const sender = { actor: `minsu@${room}`, epoch: null };
  const edited = { ...message(1, count + 1), cid: 'kimpga:minsu:m1/1' };
  return [
    line('follow', 'connect', {}),
    line('follow', 'reset', { seq: 0 }),
    ...ids.flatMap((id) => [
      line('send', 'invoke', { ...sender, ...message(id), id: null, seq: null }),
      line('send', 'ok', { ...sender, ...message(id) }),
      line('follow', 'recv', { ...message(id), upto: id }),
    ]),
    ...(window === undefined ? [] : [line('follow', 'window', { id: window })]),
    line('change', 'invoke', { ...sender, ...edited, seq: null }),
    line('change', 'ok', { ...sender, ...edited }),
    ...(told ? [line('follow', 'recv', { ...message(1, count + 1), upto: count + 1 })] : []),
    line('follow', 'info', { actor: 'story', op: 'heal' }),
    ...(['dump', 'final'] as const).flatMap((op) =>
      ids.map((id) =>
        line(op, 'page', { actor: `reader@${room}`, ...message(id, id === 1 ? count + 1 : id) }),
      ),
    ),
  ];
}

it('a message outside the window of its reader may be outdated', () => {
  assert.equal(formatViolations(checkHistory(changedAfter(60, true))), '');
  assert.equal(formatViolations(checkHistory(changedAfter(60, false, 2))), '');
});

it('an outdated message within the window is reported, and so is a window without the latest messages', () => {
  for (const window of [undefined, 1])
    assert.ok(
      checkHistory(changedAfter(60, false, window)).some(({ name }) => name === 'stale'),
      `${window}`,
    );
  assert.ok(checkHistory(changedAfter(60, false, 30)).some(({ name }) => name === 'gap'));
});

const choices = fc.array(fc.nat({ max: 39 }), { minLength: 20, maxLength: 200 });

it('no violation is reported for any correct history', () => {
  fc.assert(
    fc.property(choices, (steps) => {
      assert.equal(formatViolations(checkHistory(sampleHistory(steps))), '');
    }),
    { numRuns: 300 },
  );
});

it('every injected violation is detected in any correct history', () => {
  const all: typeof changeBreaks = { ...changeBreaks };
  for (const [name, breakIt] of Object.entries(violationBreaks))
    all[name] = { name: name as Anomaly, breakIt };
  const tried = new Map<string, number>();
  fc.assert(
    fc.property(choices, fc.constantFrom(...Object.keys(all)), (steps, name) => {
      const broken = all[name]?.breakIt(sampleHistory(steps));
      if (!broken) return;
      tried.set(name, (tried.get(name) ?? 0) + 1);
      const found = checkHistory(broken);
      assert.ok(
        found.some((violation) => violation.name === all[name]?.name),
        formatViolations(found) || `${name} was not found`,
      );
    }),
    { numRuns: 1_000 },
  );
  for (const name of Object.keys(all)) assert.ok((tried.get(name) ?? 0) > 0, `${name} was never tried`);
});
