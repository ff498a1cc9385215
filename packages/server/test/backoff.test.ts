/** Promise: waits between tries double up to the maximum, and are short again after a success. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBackoff } from '../src/runtime/backoff.js';

it('waits double up to the maximum, and start over after a success', () => {
  const backoff = createBackoff({ minMs: 100, maxMs: 350 });
  const waits = () => [backoff.next(), backoff.next(), backoff.next(), backoff.next()];
  assert.deepEqual(waits(), [100, 200, 350, 350]);
  backoff.reset();
  assert.deepEqual(waits(), [100, 200, 350, 350]);
});
