/** Promise: who is shown as typing said so within 5 s, has not been heard since, and is one of at most 20. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTypingTracker } from '../src/typing.js';
import { createManualClock } from './support/room.js';

function world() {
  const clock = createManualClock();
  const shown: string[][] = [];
  const typing = createTypingTracker(clock, (typists) => shown.push(typists.map(({ username }) => username)));
  const hear = (name: string) => typing.recordTyping({ userId: `id of ${name}`, username: name });
  return { clock, shown, typing, hear };
}

it('a typing event lasts 5 s, and each further one extends it by 5 s', () => {
  const { clock, shown, hear } = world();
  hear('민수');
  clock.wind(3_000);
  hear('지영');
  hear('민수');
  clock.wind(4_900);
  assert.deepEqual(shown, [['민수'], ['민수', '지영']]);
  hear('민수');
  clock.wind(100);
  assert.deepEqual(shown.slice(2), [['민수']]);
  clock.wind(5_000);
  assert.deepEqual([shown.slice(3), clock.timers], [[[]], 0]);
});

it('a message ends the typing state of its author and of nobody else', () => {
  const { clock, shown, typing, hear } = world();
  hear('민수');
  typing.stopTyping('id of 지영');
  typing.stopTyping('id of 민수');
  assert.deepEqual([shown, clock.timers], [[['민수'], []], 0]);
});

it('at most 20 typing users are tracked, with one timer each', () => {
  const { clock, shown, typing, hear } = world();
  for (let each = 0; each < 500; each += 1) hear(`${each}`);
  assert.deepEqual([shown.at(-1)?.length, clock.timers], [20, 20]);
  typing.dispose();
  assert.equal(clock.timers, 0);
});
