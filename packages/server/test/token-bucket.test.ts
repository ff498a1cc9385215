/** Promise: a bucket gives what it holds and says when there is more, and no crowd makes it forget who is being limited. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTokenBuckets } from '../src/limits/token-bucket.js';

it('a bucket allows its burst, then refills over time, and reports the wait in whole milliseconds', () => {
  let time = 0;
  const limit = createTokenBuckets({ burst: 2, perSecond: 3, now: () => time });
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 334]);
  assert.equal(limit.take('b'), 0);
  time = 333;
  assert.equal(limit.take('a'), 1);
  time = 334;
  assert.deepEqual([limit.retryAfter('a'), limit.take('a'), limit.retryAfter('a')], [0, 0, 333]);
  time = 100_000;
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a')], [0, 0, 334]);
});

it('a cost is taken from the bucket and included in the wait', () => {
  let time = 0;
  const limit = createTokenBuckets({ burst: 10, perSecond: 1, now: () => time });
  assert.deepEqual([limit.take('a', 8), limit.take('a', 4), limit.retryAfter('a', 4)], [0, 2_000, 2_000]);
  time = 2_000;
  assert.equal(limit.take('a', 4), 0);
  for (let each = 0; each < 40; each += 1) limit.take('b', 1 / 4);
  assert.equal(limit.take('b', 1 / 4), 250);
});

it('many new keys stay within the bucket limit and never release a limited key', () => {
  let time = 0;
  const limit = createTokenBuckets({ burst: 2, perSecond: 0.001, maxBuckets: 100, now: () => time });
  const exhaust = (key: string) => {
    while (limit.take(key) === 0);
  };
  for (let each = 0; each < 80; each += 1) exhaust(`limited ${each}`);
  for (let each = 0; each < 10_000; each += 1) {
    limit.take(`new ${each}`);
    time += 1;
  }
  for (let each = 0; each < 80; each += 1) assert.ok(limit.retryAfter(`limited ${each}`) > 0, `${each}`);
});

it('when all known keys are limited, new keys share one bucket until there is room', () => {
  let time = 0;
  const limit = createTokenBuckets({ burst: 1, perSecond: 0.1, maxBuckets: 10, now: () => time });
  for (let each = 0; each < 10; each += 1) limit.take(`limited ${each}`);
  assert.equal(limit.take('first'), 0);
  assert.ok(limit.take('second') > 0);
  time = 20_000;
  assert.deepEqual([limit.take('third'), limit.take('fourth')], [0, 0]);
});
