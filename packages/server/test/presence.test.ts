/** Promise: whoever was told a count that is no longer true is told the true one. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPresence } from '../src/rooms/presence.js';

const person = (userId: string) => ({ userId, username: userId, avatar: null, role: 'member' as const });

it('a count sent only to newcomers is corrected for them, and no count is sent twice', () => {
  const presence = createPresence();
  for (const userId of ['a', 'b']) presence.join(person(userId));
  assert.equal(presence.countForJoin(), 2);
  assert.equal(presence.countToBroadcast(10_000, 2), 2);
  assert.equal(presence.countToBroadcast(20_000, 2), null);
  presence.join(person('c'));
  assert.equal(presence.countForJoin(), 3);
  presence.leave('c');
  // Everybody is told the same 2 again: the one who came last believes in 3.
  assert.equal(presence.countToBroadcast(30_000, 2), 2);
  assert.equal(presence.countToBroadcast(40_000, 2), null);
});

it('a second tab changes no count and notifies nobody else; count updates keep their interval', () => {
  const presence = createPresence();
  presence.join(person('a'));
  assert.equal(presence.countToBroadcast(10_000, 1), 1);
  presence.join(person('a'));
  assert.equal(presence.countForJoin(), 1);
  assert.equal(presence.countToBroadcast(20_000, 2), null);
  presence.join(person('b'));
  assert.equal(presence.countToBroadcast(22_100, 10_000), 2);
  presence.leave('b');
  assert.equal(presence.countToBroadcast(34_000, 10_000), null);
  assert.equal(presence.countToBroadcast(34_200, 10_000), 1);
});
