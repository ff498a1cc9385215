/** Promise: whoever was told a count that is no longer true is told the true one. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPresence } from '../src/rooms/presence.js';

const person = (userId: string) => ({ userId, username: userId, avatar: null, role: 'member' as const });

it('a count that only newcomers were told is taken back from them, and nothing is told twice', () => {
  const presence = createPresence();
  for (const userId of ['a', 'b']) presence.enter(person(userId));
  assert.equal(presence.tellOne(), 2);
  assert.equal(presence.tellAll(10_000, 2), 2);
  assert.equal(presence.tellAll(20_000, 2), null);
  presence.enter(person('c'));
  assert.equal(presence.tellOne(), 3);
  presence.leave('c');
  // Everybody is told the same 2 again: the one who came last believes in 3.
  assert.equal(presence.tellAll(30_000, 2), 2);
  assert.equal(presence.tellAll(40_000, 2), null);
});

it('a second tab changes no count and is told to nobody else; counts keep their distance', () => {
  const presence = createPresence();
  presence.enter(person('a'));
  assert.equal(presence.tellAll(10_000, 1), 1);
  presence.enter(person('a'));
  assert.equal(presence.tellOne(), 1);
  assert.equal(presence.tellAll(20_000, 2), null);
  presence.enter(person('b'));
  assert.equal(presence.tellAll(22_100, 10_000), 2);
  presence.leave('b');
  assert.equal(presence.tellAll(34_000, 10_000), null);
  assert.equal(presence.tellAll(34_200, 10_000), 1);
});
