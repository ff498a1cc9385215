/** Promise: whatever the order and repetition in which messages arrive, the lines are the same. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTimeline } from '@chatty/client/timeline';
import type { Message, Session } from '@chatty/protocol/events';
import fc from 'fast-check';

const session: Session = {
  projectId: 'p',
  room: 'main',
  epoch: 'e',
  userId: 'me',
  username: '나',
  avatar: null,
  role: 'member',
};
const message = (id: number, over: Partial<Message> = {}): Message => ({
  id,
  seq: id,
  userId: 'you',
  username: '너',
  avatar: null,
  content: `${id}`,
  clientId: null,
  replyTo: null,
  created_at: new Date(id * 1_000).toISOString(),
  ...over,
});
const contents = (timeline: ReturnType<typeof createTimeline>) =>
  timeline.lines().map((line) => (line.kind === 'stored' ? line.message.content : `…${line.content}`));

it('any order of arrival and any repetition give the same lines', () => {
  const arrivals = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 8 });
  fc.assert(
    fc.property(arrivals, fc.array(fc.integer({ min: 1, max: 8 })), (order, repeats) => {
      const timeline = createTimeline();
      timeline.identify(session);
      for (const id of [...order, ...repeats]) timeline.store(message(id));
      assert.deepEqual(contents(timeline), ['1', '2', '3', '4', '5', '6', '7', '8']);
    }),
  );
});

it('an own line turns from pending to stored under the same key, whichever of answer and broadcast comes first', () => {
  const timeline = createTimeline();
  timeline.identify(session);
  timeline.pend({ clientId: 'a', content: '하나', replyTo: null });
  timeline.pend({ clientId: 'b', content: '둘', replyTo: null });
  const key = timeline.lines()[0]?.key;
  const own = message(1, { userId: 'me', clientId: 'a', content: '하나' });
  timeline.store(own);
  timeline.store(own);
  assert.deepEqual(contents(timeline), ['하나', '…둘']);
  assert.equal(timeline.lines()[0]?.key, key);
});

it('somebody else’s client id does not take one’s own line away', () => {
  const timeline = createTimeline();
  timeline.identify(session);
  timeline.pend({ clientId: 'a', content: '내 것', replyTo: null });
  timeline.store(message(1, { clientId: 'a' }));
  assert.deepEqual(contents(timeline), ['1', '…내 것']);
});

it('a history that meets what is held extends it; one that does not, or of another log, replaces it', () => {
  const timeline = createTimeline();
  timeline.identify(session);
  timeline.history([1, 2, 3].map((id) => message(id)));
  timeline.history([3, 4, 5].map((id) => message(id)));
  assert.deepEqual(contents(timeline), ['1', '2', '3', '4', '5']);
  timeline.history([8, 9].map((id) => message(id)));
  assert.deepEqual(contents(timeline), ['8', '9']);
  timeline.identify({ ...session, epoch: 'another' });
  assert.deepEqual(contents(timeline), []);
});

it('only the newest lines are held, and a line that did not change stays the same object', () => {
  const timeline = createTimeline(3);
  timeline.identify(session);
  for (const id of [1, 2, 3]) timeline.store(message(id));
  const second = timeline.lines()[1];
  timeline.store(message(4));
  assert.deepEqual(contents(timeline), ['2', '3', '4']);
  assert.equal(timeline.lines()[0], second);
});
