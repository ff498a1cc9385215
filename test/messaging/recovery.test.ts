/** Promise: a batch member follows the log by positions, and whoever was away gets what was said meanwhile, no more and no less. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message, SyncAnswer } from '@chatty/protocol';
import type { Socket } from 'socket.io-client';
import { connectFollower, HIGH_RATE_LIMITS, rangeInclusive, sendMessages } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);

it('frames carry every change once, from position to position without a gap', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  const jiyoung = await connectFollower(context, chatty.url, createTestToken('지영'));
  assert.deepEqual(jiyoung.histories[0]?.messages, []);
  await sendMessages(chatty, context, 200);
  await waitUntil(() => jiyoung.position?.seq === 200, 'all frames');
  let seq = 0;
  for (const frame of jiyoung.frames) {
    assert.equal(frame.prev, seq);
    seq = frame.seq;
  }
  assert.deepEqual(
    jiyoung.frames.flatMap(({ messages }) => ids(messages)),
    rangeInclusive(1, 200),
  );
  assert.ok(jiyoung.frames.length < 200, 'a flush is one frame');
});

it('a client that reconnects with a position gets what follows it, in pages of at most 300', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  const before = await connectFollower(context, chatty.url, createTestToken('지영'));
  const minsu = await sendMessages(chatty, context, 10);
  await waitUntil(() => before.position?.seq === 10, 'ten');
  const { position } = before;
  assert.ok(position);
  before.socket.disconnect();
  await Promise.all(
    rangeInclusive(11, 700).map(async (number) => assertStored(await minsu.send(`말 ${number}`))),
  );

  const back = await connectFollower(context, chatty.url, createTestToken('지영'), position);
  assert.equal(back.histories.length, 0);
  const [first] = back.frames;
  assert.deepEqual([first?.prev, first?.seq, first?.messages.length], [10, 310, 300]);
  await waitUntil(() => back.heads.at(-1)?.seq === 700, 'the head that says there is more');
  const got = [...(first?.messages ?? [])];
  for (let seq = 310; seq < 700; ) {
    const after = { epoch: position.epoch, seq };
    const answer: SyncAnswer = await back.socket.timeout(5_000).emitWithAck('sync', { after });
    assert.ok(answer.ok && !answer.reset && answer.messages.length <= 300 && answer.prev === seq);
    got.push(...answer.messages);
    seq = answer.seq;
  }
  assert.deepEqual(ids(got), rangeInclusive(11, 700));

  const upToDate = await connectFollower(context, chatty.url, createTestToken('지영'), {
    epoch: position.epoch,
    seq: 700,
  });
  assert.deepEqual(upToDate.frames, [{ epoch: position.epoch, prev: 700, seq: 700, messages: [] }]);
});

it('a position too old, beyond the head or of another log gets the latest page and its position', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  await sendMessages(chatty, context, 1_500);
  const { position } = await connectFollower(context, chatty.url, createTestToken('지영'));
  assert.equal(position?.seq, 1_500);
  for (const after of [
    { epoch: position.epoch, seq: 3 },
    { epoch: position.epoch, seq: 1_501 },
    { epoch: '00000000-0000-0000-0000-000000000000', seq: 1_400 },
  ]) {
    const reset = await connectFollower(context, chatty.url, createTestToken('지영'), after);
    assert.equal(reset.frames.length, 0);
    assert.deepEqual(reset.histories[0]?.position, position);
    assert.deepEqual(ids(reset.histories[0]?.messages ?? []), rangeInclusive(1_451, 1_500));
    const answer: SyncAnswer = await reset.socket.timeout(5_000).emitWithAck('sync', { after });
    assert.ok(answer.ok && answer.reset && answer.seq === 1_500);
  }
});

it('plain and batch members receive edits and deletes, and only own messages can be changed', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const jiyoung = await connectFollower(context, url, createTestToken('지영'));
  const updated: Message[] = [];
  const deleted: Message[] = [];
  minsu.socket.on('message updated', (each) => updated.push(each));
  minsu.socket.on('message deleted', (each) => deleted.push(each));
  const { id } = assertStored(await minsu.send('오타'));
  const change = (socket: Socket, event: string, payload: object) =>
    socket.timeout(5_000).emitWithAck(event, payload);
  const edited = await change(minsu.socket, 'edit message', { id, content: ' 고침 ' });
  assert.deepEqual([edited.message.id, edited.message.seq, edited.message.content], [id, 2, '고침']);
  assert.deepEqual(await change(minsu.socket, 'edit message', { id, content: '고침' }), edited);
  assert.equal((await change(jiyoung.socket, 'edit message', { id, content: '남의 말' })).code, 'forbidden');
  assert.equal((await change(jiyoung.socket, 'delete message', { id })).code, 'forbidden');
  assert.equal((await change(minsu.socket, 'delete message', { id: 99 })).code, 'not_found');
  const gone = await change(minsu.socket, 'delete message', { id });
  assert.deepEqual(
    [gone.message.seq, gone.message.content, typeof gone.message.deleted_at],
    [3, '', 'string'],
  );
  assert.deepEqual(await change(minsu.socket, 'delete message', { id }), gone);
  assert.equal((await change(minsu.socket, 'edit message', { id, content: '다시' })).code, 'not_found');
  await waitUntil(() => deleted.length === 1 && jiyoung.position?.seq === 3, 'the news');
  assert.deepEqual([updated, deleted], [[edited.message], [gone.message]]);
  assert.deepEqual(jiyoung.frames.at(-1)?.messages.at(-1), gone.message);
  assert.equal(assertStored(await minsu.send('다음')).id, 4);
  const late = await connectClient(context, url, createTestToken('늦은 사람'));
  assert.deepEqual(
    late.history[0]?.map(({ id: each, seq, content }) => [each, seq, content]),
    [
      [1, 3, ''],
      [4, 4, '다음'],
    ],
  );
});

it('history pages reach the first message, from memory and from the database alike', async (context) => {
  const chatty = await startTestServer(context, HIGH_RATE_LIMITS);
  await sendMessages(chatty, context, 230);
  const cold = await startTestServer(context, HIGH_RATE_LIMITS, chatty.connection);
  for (const { url } of [chatty, cold]) {
    const reader = await connectClient(context, url, createTestToken('지영'));
    let before = 231;
    const got: Message[] = [];
    for (let more = true; more; ) {
      const page = await reader.socket.timeout(5_000).emitWithAck('history', { before, limit: 100 });
      assert.equal(page.ok, true);
      got.unshift(...page.messages);
      before = page.messages[0]?.id ?? 0;
      more = page.more;
    }
    assert.deepEqual(ids(got), rangeInclusive(1, 230));
  }
});

it('messages stored by another server are found through the head of the room', async (context) => {
  const one = await startTestServer(context);
  const two = await startTestServer(context, {}, one.connection);
  const here = await connectClient(context, one.url, createTestToken('민수'));
  const there = await connectFollower(context, two.url, createTestToken('지영'));
  assertStored(await here.send('조용한 방의 마지막 말'));
  await waitUntil(() => there.position?.seq === 1, 'the quiet message', 20_000);
  assert.equal(there.frames[0]?.messages[0]?.content, '조용한 방의 마지막 말');
});

it('members are counted once, whatever their number of tabs', async (context) => {
  const { url } = await startTestServer(context);
  const first = await connectFollower(context, url, createTestToken('민수'));
  const second = await connectFollower(context, url, createTestToken('민수'));
  const other = await connectFollower(context, url, createTestToken('지영'));
  await waitUntil(() => first.counts.at(-1) === 2 && other.counts.at(-1) === 2, 'two people');
  const answer = await first.socket.timeout(5_000).emitWithAck('members', {});
  assert.deepEqual(
    [answer.count, answer.members.map(({ username }: { username: string }) => username)],
    [2, ['민수', '지영']],
  );
  second.socket.disconnect();
  other.socket.disconnect();
  await waitUntil(() => first.counts.at(-1) === 1, 'one person');
});
