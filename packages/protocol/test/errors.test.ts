/** Promise: a refusal says when to try again in whole milliseconds, and never too soon. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRefusal } from '../src/errors.js';

it('the retry delay is whole milliseconds, rounded up', () => {
  assert.equal(createRefusal('slow_mode', 1_234.001).retryAfter, 1_235);
  assert.equal(createRefusal('slow_mode', 1_000).retryAfter, 1_000);
  assert.equal('retryAfter' in createRefusal('slow_mode'), false);
});
