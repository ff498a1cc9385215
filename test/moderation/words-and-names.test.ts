/** Promise: a project's words are not written and its staff's names not borrowed, however they are spelled, from the moment it says so. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { SendAnswer } from '@chatty/protocol';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestClient,
  type TestServer,
  waitUntil,
} from '../support/server.js';

const say = async (by: TestClient, content: string, clientId?: string) => {
  const answer: SendAnswer = await by.send({ content, ...(clientId && { clientId }) });
  return answer.ok ? answer.message.content : answer.code;
};
const edit = (by: TestClient, id: number, content: string) =>
  by.socket.timeout(8_000).emitWithAck('edit message', { id, content });
const set = async (chatty: TestServer, settings: object) => {
  const { status, body } = await callApi(chatty, 'PATCH', '/projects/kimpga', { settings });
  assert.equal(status, 200, JSON.stringify(body));
};

async function open(context: TestContext, settings: object) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  await createProject(chatty, 'kimpga', { settings });
  const member = await connectClient(context, chatty.url, createTestToken('민수'));
  return { chatty, member };
}

it('listed words are refused in every spelling, in new messages and in edits; laughter and similar words are not', async (context) => {
  const { chatty, member } = await open(context, {
    words: ['시발', 'scam', { word: '시발점', allowed: true }],
  });
  for (const text of ['시발', 'ㅅㅣㅂㅏㄹ', '시\u200b발', 'ＳＣＡＭ', 'scaaam', '야 시 발'])
    assert.equal(await say(member, text), 'word_refused', text);
  for (const text of ['ㅋㅋㅋ', 'ㅎㅎㅎㅎ', 'ㅋㅋㅋㅋㅋㅋㅋㅋ ㅎㅎ', '시발점에서', '다시 발표', 'scampi'])
    assert.equal(await say(member, text), text);
  const { id } = assertStored(await member.send('괜찮은 말'));
  assert.equal((await edit(member, id, 'scam!')).code, 'word_refused');
  const moderator = await connectClient(context, chatty.url, createTestToken('지영', { role: 'moderator' }));
  assert.equal(await say(moderator, '"scam"은 금지어예요'), '"scam"은 금지어예요');
});

it('masking replaces the word with asterisks for everyone; a retry stays a retry, even under another list', async (context) => {
  const { chatty, member } = await open(context, { words: ['scam'], wordAction: 'mask' });
  assert.equal(await say(member, 'a scam! 사기', 'one'), 'a ****! 사기');
  const again = await member.send({ content: 'a scam! 사기', clientId: 'one' });
  assert.ok(again.ok && again.duplicate);
  await set(chatty, { words: ['사기'] });
  await waitUntil(async () => (await say(member, '사기')) === '**', 'the new list');
  const later = await member.send({ content: 'a scam! 사기', clientId: 'one' });
  assert.ok(later.ok && later.duplicate && later.message.content === 'a ****! 사기');
  assert.equal(await say(member, 'quite another', 'one'), 'conflict');
  await callApi(chatty, 'PATCH', '/projects/kimpga/rooms/main/rules', { frozen: true });
  await waitUntil(async () => (await say(member, 'x')) === 'frozen', 'the rule');
  const frozen = await member.send({ content: 'a scam! 사기', clientId: 'one' });
  assert.ok(frozen.ok && frozen.duplicate);
});

it('a retry of a masked message stays a retry when the list is removed or refuses; edits are masked too', async (context) => {
  const { chatty, member } = await open(context, { words: ['scam'], wordAction: 'mask' });
  const { id } = assertStored(await member.send({ content: 'a scam', clientId: 'one' }));
  const again = async () => {
    const answer = await member.send({ content: 'a scam', clientId: 'one' });
    return answer.ok && answer.duplicate && answer.message.id === id;
  };
  await set(chatty, { wordAction: 'refuse' });
  assert.equal(await say(member, 'scam'), 'word_refused');
  assert.ok(await again());
  assert.equal(await say(member, 'a  scam', 'one'), 'word_refused');
  await set(chatty, { words: null });
  await waitUntil(async () => (await say(member, 'scam')) === 'scam', 'the end of the list');
  assert.ok(await again());
  assert.equal(
    (await member.send({ content: 'a scam', clientId: 'one', replyTo: id })).ok,
    false,
    'an answer is another message',
  );
  await set(chatty, { words: ['scam'], wordAction: 'mask' });
  await waitUntil(async () => (await say(member, 'scam')) === '****', 'the list');
  const other = assertStored(await member.send('hello'));
  for (let times = 0; times < 2; times += 1)
    assert.equal((await edit(member, other.id, 'no scam')).message.content, 'no ****');
});

it('without any word list asterisks are literal: one client id has one text', async (context) => {
  const { chatty } = await open(context, {});
  const minsu = await connectClient(context, chatty.url, createTestToken('민수', { projectId: 'founding' }));
  assert.equal(await say(minsu, '****', 'one'), '****');
  assert.equal(await say(minsu, 'scam', 'one'), 'conflict');
});

it('a list changes live on every server, and an invalid one is refused with the rules for lists', async (context) => {
  const { chatty, member } = await open(context, { words: ['scam'] });
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  const there = await connectClient(context, other.url, createTestToken('하늘'));
  assert.equal(await say(there, 'scam'), 'word_refused');
  await set(chatty, { words: ['spam'] });
  await waitUntil(async () => (await say(member, 'spam')) === 'word_refused', 'the new list');
  assert.equal(await say(member, 'scam'), 'scam');
  await waitUntil(async () => (await say(there, 'spam')) === 'word_refused', 'the list on the other server');
  await set(chatty, { words: null });
  assert.equal(await say(member, 'spam'), 'spam');
  const wrong: [words: unknown, fault: string][] = [
    ['scam', 'words must be a list of at most 1000 entries.'],
    [new Array(1_001).fill('a'), 'words must be a list of at most 1000 entries.'],
    ...[1, '', '...', 'a\u0007', 'x'.repeat(51), { word: 'a', more: 1 }, { word: 'a', whole: 1 }].map(
      (word): [unknown, string] => [
        ['scam', word],
        'words[1] must be 1-50 characters, a letter or digit among them, or such a { word, whole?, allowed? }.',
      ],
    ),
    ...['a\u0000', '\ud800a'].map((word): [unknown, string] => [
      ['scam', word],
      'Text may hold no NUL and no half of a character.',
    ]),
  ];
  for (const [words, fault] of wrong) {
    const { status, body } = await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { words } });
    assert.deepEqual([status, body.code, (body as { message?: string }).message], [400, 'invalid', fault]);
  }
});

it('the longest allowed list is built without blocking the chat, then applies; laughter never matches', async (context) => {
  const { chatty, member } = await open(context, { words: ['scam'] });
  assert.equal(await say(member, 'scam'), 'word_refused');
  const doubled = Array.from({ length: 1_000 }, (_, index) => `aabbcc${index}`);
  await set(chatty, { words: doubled });
  let said = 0;
  await waitUntil(async () => {
    said += 1;
    assert.equal(await say(member, `ㅋㅋㅋ ㅎㅎ ${said}`), `ㅋㅋㅋ ㅎㅎ ${said}`);
    return (await say(member, 'a.a.b.b.c.c.7')) === 'word_refused';
  }, 'the long list');
  assert.equal(await say(member, 'abcd7'), 'abcd7');
  // One of which nothing has been made yet: the first to write waits for it.
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  const there = await connectClient(context, other.url, createTestToken('하늘'));
  assert.equal(await say(there, 'aabbcc999'), 'word_refused');
});

it('a dry run reports which recent messages a list would match, and changes nothing', async (context) => {
  const { chatty, member } = await open(context, {});
  for (const text of ['안녕', 'a scam', 'ㅋㅋㅋ', 'SCAM 조심']) await say(member, text);
  const { status, body } = await callApi(chatty, 'POST', '/projects/kimpga/filter/dry-run', {
    words: ['scam'],
  });
  assert.equal(status, 200);
  const { checked, caught } = body as unknown as {
    checked: number;
    caught: { content: string; matches: object[] }[];
  };
  assert.deepEqual([checked, caught.map(({ content }) => content)], [4, ['a scam', 'SCAM 조심']]);
  assert.deepEqual(caught[0]?.matches, [{ word: 'scam', start: 2, end: 6 }]);
  assert.equal(await say(member, 'scam'), 'scam');
  for (const words of ['scam', null, undefined, [1]]) {
    const wrong = await callApi(chatty, 'POST', '/projects/kimpga/filter/dry-run', { words });
    assert.deepEqual([wrong.status, wrong.body.code], [400, 'invalid']);
  }
});

it('a dry run covers many pages, oldest first, without staff messages and deleted ones', async (context) => {
  const chatty = await startTestServer(context, {
    ...KEY_SETTINGS,
    SEND_BURST: '1000',
    SEND_PER_SECOND: '1000',
  });
  await createProject(chatty, 'kimpga');
  const member = await connectClient(context, chatty.url, createTestToken('민수'));
  const moderator = await connectClient(context, chatty.url, createTestToken('지영', { role: 'moderator' }));
  const told = await Promise.all(
    Array.from({ length: 250 }, (_, index) =>
      member.send(index % 50 === 7 ? `scam ${index}` : `말 ${index}`),
    ),
  );
  assertStored(await moderator.send('scam 조심'));
  const gone = assertStored(await member.send('scam 삭제'));
  await member.socket.timeout(8_000).emitWithAck('delete message', { id: gone.id });
  const { status, body } = await callApi(chatty, 'POST', '/projects/kimpga/filter/dry-run', {
    words: ['scam'],
  });
  const { checked, caught } = body as unknown as { checked: number; caught: { id: number }[] };
  const expected = told.map(assertStored).filter(({ content }) => content.startsWith('scam'));
  assert.deepEqual([status, checked], [200, 250]);
  assert.deepEqual(
    caught.map(({ id }) => id),
    expected.map(({ id }) => id).sort((one, other) => one - other),
  );
});

const nameOf = async (context: TestContext, chatty: TestServer, username: string, more: object = {}) => {
  const visitor = await connectClient(
    context,
    chatty.url,
    createTestToken(username, { userId: `u ${username}`, ...more }),
  );
  const { username: shown } = assertStored(await visitor.send('안녕'));
  // Asked for until it is another, one after the other would be too many of one person.
  visitor.socket.disconnect();
  return shown;
};

it('names like a reserved or staff name are marked for everyone, and real staff are not (U6)', async (context) => {
  const { chatty } = await open(context, { reservedNames: ['김프가'] });
  await connectClient(
    context,
    chatty.url,
    createTestToken('지영운영', { userId: 'staff', role: 'moderator' }),
  );
  for (const name of ['관리자', 'Admin', 'аdmin', '공식 운영자', '김프가'])
    assert.equal(await nameOf(context, chatty, name), `⚠ ${name}`);
  await waitUntil(
    async () => (await nameOf(context, chatty, '지영운영')) === '⚠ 지영운영',
    'the staff to be known',
  );
  assert.equal(await nameOf(context, chatty, '민수'), '민수');
  assert.equal(await nameOf(context, chatty, '⚠️ ⚠ 민수'), '민수');
  assert.equal(await nameOf(context, chatty, '관리자', { userId: 'real', role: 'admin' }), '관리자');
  // The same person by a token that gives no role any more keeps the name.
  assert.equal(await nameOf(context, chatty, '지영운영', { userId: 'staff' }), '지영운영');
});

it('only the server adds the impersonation mark, also for staff and where name checks are off (U6)', async (context) => {
  const { chatty } = await open(context, {});
  const typed = ['⚠ ', '⚠', '⚠️', '⚠︎ ⚠ ', '⚠\u0301 ', '\u0301⚠ ', '⚠\u20e3', '⚠\u200d🔥 '];
  const places = { marked: 'kimpga', 'without a record': 'founding' };
  for (const [place, projectId] of Object.entries(places))
    for (const mark of typed) {
      const shown = await nameOf(context, chatty, `${mark}민수`, { projectId });
      assert.ok(!shown.includes('⚠') && shown.endsWith('민수'), JSON.stringify([place, mark, shown]));
    }
  for (const mark of typed.slice(0, 7))
    assert.equal(await nameOf(context, chatty, `${mark}관리자`), '⚠ 관리자');
  assert.equal(await nameOf(context, chatty, '⚠ 지영', { role: 'moderator' }), '지영');
  await set(chatty, { lookAlikes: 'off' });
  assert.equal(await nameOf(context, chatty, '⚠ 관리자'), '관리자');
  for (const projectId of ['kimpga', 'founding'])
    for (const name of ['⚠', '⚠️ ⚠', '⚠\u0301']) {
      const error = await connectExpectingRefusal(context, chatty.url, {
        token: createTestToken(name, { projectId }),
      });
      assert.equal(error.data?.code, 'name_reserved', JSON.stringify([projectId, name]));
    }
});

it('a project may refuse or allow such names; without a project record a name is taken from the token', async (context) => {
  const { chatty } = await open(context, { lookAlikes: 'refuse' });
  const error = await connectExpectingRefusal(context, chatty.url, { token: createTestToken('관리자') });
  assert.deepEqual([error.message, error.data?.code], ['Authentication error', 'name_reserved']);
  assert.equal(await nameOf(context, chatty, '운엉자'), '⚠ 운엉자');
  await set(chatty, { lookAlikes: 'off' });
  assert.equal(await nameOf(context, chatty, '관리자'), '관리자');
  assert.equal(await nameOf(context, chatty, 'admin', { projectId: 'founding' }), 'admin');
});

it('the mark starts with the next handshake or token, covers every use of the name, and leaves the user id unchanged', async (context) => {
  const { chatty } = await open(context, { lookAlikes: 'off' });
  const visitor = await connectClient(context, chatty.url, createTestToken('관리자'));
  assert.equal(assertStored(await visitor.send('하나')).username, '관리자');
  await set(chatty, { lookAlikes: 'mark' });
  assert.equal(assertStored(await visitor.send('둘')).username, '관리자', 'until the next token');
  const refresh = (username: string) =>
    visitor.socket
      .timeout(8_000)
      .emitWithAck('auth refresh', { token: createTestToken(username, { userId: '관리자' }) });
  await waitUntil(async () => {
    assert.equal((await refresh('관리자')).ok, true);
    return assertStored(await visitor.send('셋')).username === '⚠ 관리자';
  }, 'the mark');
  assert.equal(visitor.messages.at(-1)?.userId, '관리자');
  const again = await connectClient(context, chatty.url, createTestToken('관리자'));
  const { members } = await again.socket.timeout(8_000).emitWithAck('members', {});
  assert.ok(members.some(({ username }: { username: string }) => username === '⚠ 관리자'));
  await set(chatty, { lookAlikes: 'refuse' });
  assert.equal((await refresh('운영자')).code, 'name_reserved');
  assert.equal((await refresh('민수')).ok, true);
  assert.equal(assertStored(await visitor.send('넷')).username, '민수');
});

it('only roles within the project maximum count as staff, on every server: a higher role protects no name', async (context) => {
  const { chatty } = await open(context, { highestRole: 'moderator' });
  const other = await startTestServer(context, KEY_SETTINGS, chatty.connection);
  await connectClient(context, chatty.url, createTestToken('달빛요정', { userId: 'staff', role: 'admin' }));
  await waitUntil(
    async () => (await nameOf(context, other, '달빛요졍')) === '⚠ 달빛요졍',
    'the staff on the other server',
  );
  await set(chatty, { highestRole: 'member' });
  await waitUntil(
    async () => (await nameOf(context, other, '달빛요정')) === '달빛요정',
    'the end of the staff',
  );
  assert.equal(await nameOf(context, other, '관리자', { role: 'admin' }), '⚠ 관리자');
});
