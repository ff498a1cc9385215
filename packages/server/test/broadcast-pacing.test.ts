/** Promise: a process that has time tells its members at once, one that is short of it spends a fifth of it on telling. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createBroadcastPacing } from '../src/rooms/broadcast-pacing.js';

it('the delay factor follows the event loop utilization since the last sample', () => {
  let used = 0;
  const pace = createBroadcastPacing(() => used);
  const factors = [0, 0.5, 0.65, 0.8, 1, 0.2].map((share) => {
    used = share;
    pace.sample();
    return Number(pace.delayFactor.toFixed(2));
  });
  assert.deepEqual(factors, [1, 1, 2.5, 4, 4, 1]);
});

it('samples the event loop of this process', async () => {
  const pace = createBroadcastPacing();
  pace.sample();
  const until = performance.now() + 50;
  while (performance.now() < until);
  pace.sample();
  assert.equal(pace.delayFactor, 4);
  await new Promise((resolve) => setTimeout(resolve, 100));
  pace.sample();
  assert.equal(pace.delayFactor, 1);
});
