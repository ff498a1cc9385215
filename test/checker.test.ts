/** Promise: the history checker passes what is right and catches each thing that can be wrong, by name. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { type Anomaly, anomalies, check, describe } from './checker.js';
import { breaks, changeBreaks, indexes, without } from './checker-breaks.js';
import { DELETED, type Line } from './checker-lines.js';
import { sampleHistory } from './checker-sample.js';

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
  assert.ok(changes.some(({ body_hash }) => body_hash === DELETED));
});

for (const [what, { name, breakIt }] of Object.entries(changeBreaks)) {
  it(`${anomalies[name]} ${name}: ${what}`, () => {
    const broken = breakIt(clean());
    assert.ok(broken, 'the sample has nothing to break');
    const found = check(broken);
    assert.ok(
      found.some((violation) => violation.name === name),
      describe(found) || 'nothing was found',
    );
  });
}

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

const choices = fc.array(fc.nat({ max: 39 }), { minLength: 20, maxLength: 200 });

it('whatever a right room does, nothing is found', () => {
  fc.assert(
    fc.property(choices, (steps) => {
      assert.equal(describe(check(sampleHistory(steps))), '');
    }),
    { numRuns: 300 },
  );
});

it('whatever a right room does, each break of it is caught', () => {
  const all: typeof changeBreaks = { ...changeBreaks };
  for (const [name, breakIt] of Object.entries(breaks)) all[name] = { name: name as Anomaly, breakIt };
  const tried = new Map<string, number>();
  fc.assert(
    fc.property(choices, fc.constantFrom(...Object.keys(all)), (steps, name) => {
      const broken = all[name]?.breakIt(sampleHistory(steps));
      if (!broken) return;
      tried.set(name, (tried.get(name) ?? 0) + 1);
      const found = check(broken);
      assert.ok(
        found.some((violation) => violation.name === all[name]?.name),
        describe(found) || `${name} was not found`,
      );
    }),
    { numRuns: 1_000 },
  );
  for (const name of Object.keys(all)) assert.ok((tried.get(name) ?? 0) > 0, `${name} was never tried`);
});
