/** Promise: wrong admin keys count against whoever sends them, for a minute, and against nobody else. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { callerOf, createFailedKeys } from '@chatty/server/limits/api-key-attempts';

it('ten wrong keys are too many; one more may be tried every six seconds', () => {
  let time = 0;
  const failedKeys = createFailedKeys(() => time);
  for (let count = 0; count < 10; count += 1) {
    assert.equal(failedKeys.wait('a'), 0);
    failedKeys.add('a');
  }
  assert.equal(failedKeys.wait('a'), 6_000);
  assert.equal(failedKeys.wait('b'), 0);
  time = 5_900;
  assert.ok(failedKeys.wait('a') > 0);
  time = 6_001;
  assert.equal(failedKeys.wait('a'), 0);
  failedKeys.add('a');
  assert.ok(failedKeys.wait('a') > 0);
});

it('an unknown address is told apart by its peer, and by whether a proxy forwarded it', () => {
  const callers = [
    callerOf('203.0.113.9', '10.0.0.1', true, ''),
    callerOf('203.0.113.9', '10.0.0.1', true, 'kimpga'),
    callerOf(null, '127.0.0.1', false, ''),
    callerOf(null, '127.0.0.1', true, ''),
    callerOf(null, '10.0.0.1', false, ''),
  ];
  assert.equal(new Set(callers).size, callers.length);
  assert.equal(callerOf('203.0.113.9', '10.0.0.1', false, ''), callers[0]);
});
