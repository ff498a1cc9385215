/** Promise: a refusal says when to try again in whole milliseconds, and never too soon. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { refusal } from '@chatty/protocol/errors';

it('the time until another try is whole milliseconds, rounded up', () => {
  assert.equal(refusal('slow_mode', 1_234.001).retryAfter, 1_235);
  assert.equal(refusal('slow_mode', 1_000).retryAfter, 1_000);
  assert.equal('retryAfter' in refusal('slow_mode'), false);
});
