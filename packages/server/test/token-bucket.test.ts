/** Promise: a bucket gives what it holds and says when there is more, and no crowd makes it forget who is being limited. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLimit } from '@chatty/server/limits/token-bucket';

it('a bucket gives its burst, then as much as has come back, and names the wait in whole milliseconds', () => {
  let time = 0;
  const limit = createLimit({ burst: 2, perSecond: 3, now: () => time });
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 334]);
  assert.equal(limit.take('b'), 0);
  time = 333;
  assert.equal(limit.take('a'), 1);
  time = 334;
  assert.deepEqual([limit.wait('a'), limit.take('a'), limit.wait('a')], [0, 0, 333]);
  time = 100_000;
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 334]);
});

it('a cost is what is taken, and what is waited for', () => {
  let time = 0;
  const limit = createLimit({ burst: 10, perSecond: 1, now: () => time });
  assert.deepEqual([limit.take('a', 8), limit.take('a', 4), limit.wait('a', 4)], [0, 2_000, 2_000]);
  time = 2_000;
  assert.equal(limit.take('a', 4), 0);
  for (let each = 0; each < 40; each += 1) limit.take('b', 1 / 4);
  assert.equal(limit.take('b', 1 / 4), 250);
});

it('a crowd of new keys takes no more room than there is, and frees nobody who is being limited', () => {
  let time = 0;
  const limit = createLimit({ burst: 2, perSecond: 0.001, most: 100, now: () => time });
  const exhaust = (key: string) => {
    while (limit.take(key) === 0);
  };
  for (let each = 0; each < 80; each += 1) exhaust(`limited ${each}`);
  for (let each = 0; each < 10_000; each += 1) {
    limit.take(`new ${each}`);
    time += 1;
  }
  for (let each = 0; each < 80; each += 1) assert.ok(limit.wait(`limited ${each}`) > 0, `${each}`);
});

it('where all that are known are being limited, those who come share one bucket until there is room', () => {
  let time = 0;
  const limit = createLimit({ burst: 1, perSecond: 0.1, most: 10, now: () => time });
  for (let each = 0; each < 10; each += 1) limit.take(`limited ${each}`);
  assert.equal(limit.take('first'), 0);
  assert.ok(limit.take('second') > 0);
  time = 20_000;
  assert.deepEqual([limit.take('third'), limit.take('fourth')], [0, 0]);
});
