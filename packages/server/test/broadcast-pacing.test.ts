/** Promise: a process that has time tells its members at once, one that is short of it spends a fifth of it on telling. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPace } from '@chatty/server/rooms/broadcast-pacing';

it('follows how busy the process was since the last look', () => {
  let used = 0;
  const pace = createPace(() => used);
  const factors = [0, 0.5, 0.65, 0.8, 1, 0.2].map((share) => {
    used = share;
    pace.look();
    return Number(pace.factor.toFixed(2));
  });
  assert.deepEqual(factors, [1, 1, 2.5, 4, 4, 1]);
});

it('reads the event loop of this process', async () => {
  const pace = createPace();
  pace.look();
  const until = performance.now() + 50;
  while (performance.now() < until);
  pace.look();
  assert.equal(pace.factor, 4);
  await new Promise((resolve) => setTimeout(resolve, 100));
  pace.look();
  assert.equal(pace.factor, 1);
});
