/** Promise: wrong admin keys count against whoever sends them, for a minute, and against nobody else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { attemptKeyOf, createFailedKeyLimiter } from '../src/limits/api-key-attempts.js';

it('ten wrong keys reach the limit; after that one attempt per six seconds is allowed', () => {
  let time = 0;
  const failedKeys = createFailedKeyLimiter(() => time);
  for (let count = 0; count < 10; count += 1) {
    assert.equal(failedKeys.retryAfter('a'), 0);
    failedKeys.recordFailure('a');
  }
  assert.equal(failedKeys.retryAfter('a'), 6_000);
  assert.equal(failedKeys.retryAfter('b'), 0);
  time = 5_900;
  assert.ok(failedKeys.retryAfter('a') > 0);
  time = 6_001;
  assert.equal(failedKeys.retryAfter('a'), 0);
  failedKeys.recordFailure('a');
  assert.ok(failedKeys.retryAfter('a') > 0);
});

it('unknown addresses are distinguished by peer and by whether a proxy forwarded the request', () => {
  const callers = [
    attemptKeyOf('203.0.113.9', '10.0.0.1', true, ''),
    attemptKeyOf('203.0.113.9', '10.0.0.1', true, 'kimpga'),
    attemptKeyOf(null, '127.0.0.1', false, ''),
    attemptKeyOf(null, '127.0.0.1', true, ''),
    attemptKeyOf(null, '10.0.0.1', false, ''),
  ];
  assert.equal(new Set(callers).size, callers.length);
  assert.equal(attemptKeyOf('203.0.113.9', '10.0.0.1', false, ''), callers[0]);
});
