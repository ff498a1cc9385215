/** Promise: a reaction is a change of the log like an edit: one person counts once for an emoji, everybody sees the same, a repeat changes nothing. */

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createChatClient } from '@chatty/client';
import type { ChangeAnswer, Message, ReactPayload } from '@chatty/protocol';
import { connectFollower, type FrameFollower, rangeInclusive } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';
import { createDraft, openTestStores, testAuthor } from '../support/store.js';

type Bearer = { socket: TestClient['socket'] };
const react = ({ socket }: Bearer, id: number, emoji: unknown, on: unknown = true): Promise<ChangeAnswer> =>
  socket.timeout(8_000).emitWithAck('react', { id, emoji, on });
const codeOf = (answer: ChangeAnswer) => (answer.ok ? null : answer.code);
function standing(answer: ChangeAnswer): Message {
  if (!answer.ok) throw new Error(`refused: ${answer.code}`);
  return answer.message;
}

let lookers = 0;
/** The newest page as somebody sees it who comes now; each time another, as nobody may come and go all the time. */
async function seenBy(context: TestContext, { url }: TestServer): Promise<Message[]> {
  lookers += 1;
  const { history, socket } = await connectClient(context, url, createTestToken(`보는 사람 ${lookers}`));
  socket.disconnect();
  return history[0] ?? [];
}

async function two(context: TestContext, chatty: TestServer) {
  const minsu = await connectClient(context, chatty.url, createTestToken('민수', { userId: 'u1' }));
  const jiyoung = await connectFollower(context, chatty.url, createTestToken('지영', { userId: 'u2' }));
  return { minsu, jiyoung };
}

it('plain and batch members receive a reaction with its own number, and pages and syncs include it', async (context) => {
  const chatty = await startTestServer(context);
  const { minsu, jiyoung } = await two(context, chatty);
  const updated: Message[] = [];
  minsu.socket.on('message updated', (message) => updated.push(message));
  const { id } = assertStored(await minsu.send('좋은 소식'));
  const after = { epoch: jiyoung.position?.epoch, seq: id };
  const liked = standing(await react(jiyoung, id, '👍'));
  assert.deepEqual(liked.reactions, [{ emoji: '👍', count: 1, users: ['u2'] }]);
  assert.equal(liked.seq, id + 1);
  const both = standing(await react(minsu, id, '👍'));
  const more = standing(await react(minsu, id, '❤️'));
  assert.deepEqual(more.reactions, [
    { emoji: '👍', count: 2, users: ['u2', 'u1'] },
    { emoji: '❤️', count: 1, users: ['u1'] },
  ]);
  await waitUntil(() => updated.length === 3 && jiyoung.position?.seq === more.seq, 'all of it');
  assert.deepEqual(updated, [liked, both, more]);
  assert.deepEqual(jiyoung.frames.at(-1)?.messages.at(-1), more);
  assert.deepEqual(await seenBy(context, chatty), [more]);
  const sync = await jiyoung.socket.emitWithAck('sync', { after });
  assert.deepEqual(sync.messages, [more]);
  const page = await minsu.socket.emitWithAck('history', { before: 100 });
  assert.deepEqual(page.messages, [more]);

  const back = standing(await react(jiyoung, id, '👍', false));
  assert.deepEqual(back.reactions?.[0], { emoji: '👍', count: 1, users: ['u1'] });
  standing(await react(minsu, id, '👍', false));
  const none = standing(await react(minsu, id, '❤️', false));
  assert.ok(!('reactions' in none));
  const restarted = await startTestServer(context, {}, chatty.connection);
  assert.deepEqual(await seenBy(context, restarted), [none]);
});

it('a repeated reaction or message returns the same answer and takes no number', async (context) => {
  const chatty = await startTestServer(context);
  const { minsu, jiyoung } = await two(context, chatty);
  const draft = { content: '한 번', clientId: 'c1' };
  const { id } = assertStored(await minsu.send(draft));
  const first = standing(await react(jiyoung, id, '🔥'));
  assert.deepEqual(standing(await react(jiyoung, id, '🔥')), first);
  assert.deepEqual(standing(await react(jiyoung, id, '👀', false)), first);
  const again = await minsu.send(draft);
  assert.deepEqual([again.ok && again.duplicate, assertStored(again)], [true, first]);
  const many = await Promise.all(rangeInclusive(1, 40).map((number) => minsu.send({ content: `${number}` })));
  const top = Math.max(...many.map((answer) => assertStored(answer).id));
  assert.equal(top, first.seq + 40);
  const among = await Promise.all([
    ...rangeInclusive(1, 40).map((number) => minsu.send(`${number}`)),
    minsu.send(draft),
  ]);
  assert.deepEqual(among.slice(40).map(assertStored), [first]);
});

it('a deleted message loses its reactions and gets no new ones; an edited one keeps them', async (context) => {
  const chatty = await startTestServer(context);
  const { minsu, jiyoung } = await two(context, chatty);
  const { id } = assertStored(await minsu.send('지울 말'));
  standing(await react(jiyoung, id, '😂'));
  const edited = standing(await minsu.socket.emitWithAck('edit message', { id, content: '고친 말' }));
  assert.deepEqual([edited.content, edited.reactions?.length], ['고친 말', 1]);
  const deleted = standing(await minsu.socket.emitWithAck('delete message', { id }));
  assert.ok(!('reactions' in deleted));
  assert.equal(codeOf(await react(jiyoung, id, '😂')), 'not_found');
  assert.deepEqual(standing(await react(jiyoung, id, '😂', false)), deleted);
  assert.deepEqual(await seenBy(context, chatty), [deleted]);
});

it('only a single complete emoji is accepted, at most 20 different ones, in the own project', async (context) => {
  const { url } = await startTestServer(context, { GUEST_PROJECTS: 'kimpga' });
  const minsu = await connectClient(context, url, createTestToken('민수'));
  const alice = await connectClient(context, url, createTestToken('Alice', { projectId: 'othershop' }));
  const guest = await connectClient(context, url, '', { auth: { projectId: 'kimpga' } });
  const { id } = assertStored(await minsu.send('여기'));
  for (const wrong of [
    '',
    'a',
    '1',
    '❤',
    '👍👍',
    '👍 ',
    ' 👍',
    '👍a',
    '👨‍',
    '\u200d',
    '🇰',
    '#',
    '👍'.repeat(99),
    5,
    null,
  ])
    assert.equal(codeOf(await react(minsu, id, wrong)), 'invalid', String(wrong));
  for (const on of [undefined, 1, 'true', null])
    assert.equal(
      codeOf(await minsu.socket.emitWithAck('react', { id, emoji: '👍', on })),
      'invalid',
      String(on),
    );
  assert.equal(codeOf(await react(guest, id, '👍')), 'login_required');
  assert.equal(codeOf(await react(alice, id, '👍')), 'not_found');
  assert.equal(codeOf(await react(minsu, id + 1, '👍')), 'not_found');
  const known = ['👍🏽', '👨‍👩‍👧‍👦', '🇰🇷', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩🏻‍❤️‍💋‍👨🏼', '#️⃣'];
  const others = rangeInclusive(0, 13).map((each) => String.fromCodePoint(0x1f400 + each));
  for (const emoji of [...known, ...others]) standing(await react(minsu, id, emoji));
  assert.equal(codeOf(await react(minsu, id, '👍')), 'too_many');
  standing(await react(minsu, id, '👍🏽', false));
  const last = standing(await react(minsu, id, '👍'));
  assert.deepEqual(
    last.reactions?.map(({ emoji }) => emoji),
    [...known.slice(1), ...others, '👍'],
  );
});

it('the first 50 members are named and all are counted; a removed reaction makes room for the next', async (context) => {
  const { url } = await startTestServer(context);
  const options = { transports: ['websocket'] };
  const crowd = await Promise.all(
    rangeInclusive(1, 55).map((number) =>
      connectClient(context, url, createTestToken(`사람 ${number}`, { userId: `${number}` }), options),
    ),
  );
  const [first] = crowd;
  if (!first) throw new Error('nobody came');
  const { id } = assertStored(await first.send('모두'));
  for (const one of crowd) standing(await react(one, id, '🎉'));
  const full = standing(await react(first, id, '🎉'));
  assert.deepEqual(full.reactions, [{ emoji: '🎉', count: 55, users: rangeInclusive(1, 50).map(String) }]);
  const less = standing(await react(first, id, '🎉', false));
  assert.deepEqual(less.reactions, [{ emoji: '🎉', count: 54, users: rangeInclusive(2, 51).map(String) }]);
});

it('many long user ids on 20 emoji are counted in full and named only within the size limit', async (context) => {
  const { store, kimpga } = await openTestStores(context);
  const appended = await store.project(kimpga).append('main', testAuthor, createDraft('모두'));
  const id = 'message' in appended ? appended.message.id : 0;
  const emoji = rangeInclusive(0, 19).map((each) => String.fromCodePoint(0x1f400 + each));
  const crowd = rangeInclusive(10, 49).map((number) => `${number}${'"'.repeat(126)}`);
  for (const each of emoji)
    await Promise.all(
      crowd.map((user) => store.project(kimpga).react('main', user, { id, emoji: each, on: true })),
    );
  const few = await store.project(kimpga).append('main', testAuthor, createDraft('몇 명'));
  const other = 'message' in few ? few.message.id : 0;
  for (const user of crowd)
    await store.project(kimpga).react('main', user, { id: other, emoji: '👍', on: true });

  const [message, second] = await store.project(kimpga).messagesBefore('main', null, 10);
  assert.deepEqual(
    message?.reactions?.map(({ emoji, count }) => [emoji, count]),
    emoji.map((each) => [each, 40]),
  );
  assert.ok(Buffer.byteLength(JSON.stringify(message?.reactions)) < 2_500 + 20 * 60);
  assert.deepEqual(second?.reactions, [{ emoji: '👍', count: 40, users: crowd.slice(0, 9) }]);
});

/** What the reactions of a message must be: in the order in which each emoji came. */
function reference() {
  const shown = new Map<string, string[]>();
  return {
    apply(user: string, { emoji, on }: Omit<ReactPayload, 'id'>): boolean {
      const users = shown.get(emoji) ?? [];
      if (users.includes(user) === on) return false;
      const next = on ? [...users, user] : users.filter((each) => each !== user);
      if (next.length > 0) shown.set(emoji, next);
      else shown.delete(emoji);
      return true;
    },
    get reactions() {
      const all = [...shown].map(([emoji, users]) => ({ emoji, count: users.length, users }));
      return all.length > 0 ? all : undefined;
    },
  };
}

it('concurrent reactions of two members on two servers always match the log in its order', async (context) => {
  const one = await startTestServer(context, { SEND_BURST: '100000' });
  const other = await startTestServer(context, { SEND_BURST: '100000' }, one.connection);
  const minsu = await connectFollower(context, one.url, createTestToken('민수', { userId: 'u1' }));
  const jiyoung = await connectFollower(context, other.url, createTestToken('지영', { userId: 'u2' }));
  const writer = await connectClient(context, one.url, createTestToken('글쓴이'));
  const ids = await Promise.all(
    rangeInclusive(1, 3).map(async (each) => assertStored(await writer.send(`${each}`)).id),
  );
  const done: { user: string; payload: ReactPayload; message: Message }[] = [];
  const act = async (user: string, bearer: FrameFollower) => {
    const payload = {
      id: ids[randomInt(3)] ?? 0,
      emoji: ['👍', '❤️', '🔥'][randomInt(3)] ?? '',
      on: randomInt(5) < 3,
    };
    done.push({
      user,
      payload,
      message: standing(await react(bearer, payload.id, payload.emoji, payload.on)),
    });
  };
  for (let round = 0; round < 25; round += 1)
    await Promise.all(rangeInclusive(1, 8).map((each) => (each % 2 ? act('u1', minsu) : act('u2', jiyoung))));

  // Each answer with a number that is new is a change; in their order they make the states that were answered.
  const models = new Map(ids.map((id) => [id, reference()]));
  const bySeq = new Map<number, typeof done>();
  for (const each of done) bySeq.set(each.message.seq, [...(bySeq.get(each.message.seq) ?? []), each]);
  for (const [, answers] of [...bySeq].sort(([a], [b]) => a - b)) {
    const { message } = answers[0] ?? assert.fail();
    const model = models.get(message.id) ?? assert.fail();
    const changes = answers.filter(({ user, payload }) => model.apply(user, payload));
    assert.ok(changes.length === 1 || message.seq === message.id, 'one change for a number');
    for (const answer of answers) assert.deepEqual(answer.message.reactions, model.reactions);
  }
  const top = Math.max(...done.map(({ message }) => message.seq));
  const numbers = [...bySeq.keys()].filter((seq) => seq > 3).sort((a, b) => a - b);
  assert.deepEqual(numbers, rangeInclusive(4, top), 'no number is missing and none is burnt');
  for (const chatty of [one, other]) {
    await waitUntil(async () => {
      // The other server may hear of the last change only when it next asks where the log stands.
      await pause(250);
      const seen = await seenBy(context, chatty);
      return ids.every(
        (id) =>
          JSON.stringify(seen.find((message) => message.id === id)?.reactions) ===
          JSON.stringify(
            models.get(id)?.reactions?.map(({ emoji, count, users }) => ({ count, emoji, users })),
          ),
      );
    }, 'both servers to show it');
  }
});

it('the client reacts, and shows reactions of others', async (context) => {
  const { url } = await startTestServer(context);
  const minsu = await connectClient(context, url, createTestToken('민수', { userId: 'u1' }));
  const { id } = assertStored(await minsu.send('반응해 주세요'));
  const chat = createChatClient({ url, token: createTestToken('지영', { userId: 'u2' }) });
  context.after(() => chat.close());
  chat.connect();
  await waitUntil(() => chat.state === 'live', 'the client to be live');
  assert.equal(await chat.react(id, '👍', true), null);
  standing(await react(minsu, id, '👍'));
  await waitUntil(() => chat.find(id)?.reactions?.[0]?.count === 2, 'both');
  assert.deepEqual(chat.find(id)?.reactions, [{ emoji: '👍', count: 2, users: ['u2', 'u1'] }]);
  assert.equal(await chat.react(id, 'x', true), 'invalid');
});
