/** Promise: the worst list of words that a project may set slows that project, and no other. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { SendAnswer } from '@chatty/protocol';
import { assertNoLongPause } from '../support/event-loop-lag.js';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  startTestServer,
  type TestClient,
  waitUntil,
} from '../support/server.js';

/** Words of two letters that differ only in how often each stands: wherever one may stand, all may. */
const REPEATED = Array.from(
  { length: 1_000 },
  (_, at) => 'a'.repeat(2 + (at % 32)) + 'b'.repeat(2 + Math.floor(at / 64)),
);
/** All words of two letters with up to nine of them, each the end of longer ones. */
const NESTED = Array.from({ length: 1_000 }, (_, at) =>
  (at + 2).toString(2).slice(1).replaceAll('0', 'a').replaceAll('1', 'b'),
);
const TAIL = Array.from({ length: 50 }, (_, at) => 'ab'.repeat(25).slice(at));
const LISTS = [
  [...new Set(REPEATED)],
  [...new Set([...NESTED, ...TAIL])].slice(0, 1_000),
  // Hangul counts by its jamo.
  Array.from({ length: 400 }, (_, at) => `${'뷁'.repeat(20)}${at}`),
];
/** Of a size that may be sent. Few of the words stand in them as whole words, and all have to be looked for. */
const TEXTS = ['aabb'.repeat(490), 'abab'.repeat(490), '뷁'.repeat(1_900), 'a b '.repeat(490)];

async function open(context: TestContext, words: readonly string[]) {
  const chatty = await startTestServer(context, {
    ...KEY_SETTINGS,
    SEND_PER_SECOND: '1000',
    READ_PER_SECOND: '1000',
  });
  await createProject(chatty, 'kimpga');
  await createProject(chatty, 'othershop', { settings: { words: ['scam'] } });
  const { status, body } = await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { words } });
  assert.equal(status, 200, JSON.stringify(body));
  const busy = await connectClient(context, chatty.url, createTestToken('민수'), {
    transports: ['websocket'],
  });
  const other = await connectClient(
    context,
    chatty.url,
    createTestToken('하늘', { projectId: 'othershop' }),
    {
      transports: ['websocket'],
    },
  );
  // From then on the list is there.
  await waitUntil(async () => (await busy.send(words[0])).ok === false, 'the list');
  return { chatty, busy, other };
}

const codeOf = (answer: SendAnswer) => (answer.ok ? 'stored' : answer.code);

it('a message of another project is answered while messages with the worst word list wait', {
  timeout: 120_000,
}, async (context) => {
  for (const words of LISTS) {
    const { busy, other } = await open(context, words);
    const answered: string[] = [];
    const flood = (by: TestClient, count: number) =>
      Array.from({ length: count }, async (_, at) => {
        answered.push(codeOf(await by.send(`${TEXTS[at % TEXTS.length]} ${at}`)));
      });
    const all = Promise.all(flood(busy, 90));
    const before = answered.length;
    assertStored(await other.send('아직 있어요'));
    // By turns of messages all of them would be. How many are depends on the commit; tests of slices say what it may be at most.
    assert.ok(answered.length - before < 80, `${answered.length - before} of 90 were answered first`);
    await all;
    // All were looked at, one after another; `a b` is a listed word spelled out.
    assert.ok(answered.includes('stored'));
    assert.ok(
      answered.every((code) => code === 'stored' || code === 'word_refused'),
      answered.join(),
    );
  }
});

it('messages over the queue limit are refused as retryable, and succeed when resent', {
  timeout: 120_000,
}, async (context) => {
  const { busy } = await open(context, LISTS[0] ?? []);
  const drafts = Array.from({ length: 250 }, (_, at) => ({
    content: `${'aabb'.repeat(490)} ${at}`,
    clientId: `client-${at}`,
  }));
  const answers: SendAnswer[] = await Promise.all(drafts.map((draft) => busy.send(draft)));
  const refused = drafts.filter((_, at) => !answers[at]?.ok);
  for (const answer of answers)
    if (!answer.ok) assert.deepEqual([answer.code, answer.retry], ['unavailable', 'later']);
  for (const draft of refused) assertStored(await busy.send(draft));
});

it('no message, list or dry run of the worst lists blocks the event loop for more than 50 ms (R15)', {
  timeout: 120_000,
}, async (context) => {
  const { chatty, busy } = await open(context, ['placeholder']);
  for (const [at, text] of TEXTS.entries()) assertStored(await busy.send(`${text} ${at}`));
  for (const words of LISTS) {
    await assertNoLongPause('a dry run', async () => {
      const { status } = await callApi(chatty, 'POST', '/projects/kimpga/filter/dry-run', {
        words,
        room: 'main',
      });
      assert.equal(status, 200);
    });
    await assertNoLongPause('a change of the list', async () => {
      const { status } = await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { words } });
      assert.equal(status, 200);
    });
    await waitUntil(async () => (await busy.send(words[0])).ok === false, 'the list');
    for (const text of TEXTS) await assertNoLongPause('a message', () => busy.send(text));
  }
});

it('a list that needs too much memory is refused with its size, and one stored earlier still applies', async (context) => {
  const { chatty, busy } = await open(context, ['placeholder']);
  const words = Array.from({ length: 1_000 }, (_, at) => `aabbccdd${at}`);
  for (const [method, path, body] of [
    ['PATCH', '/projects/kimpga', { settings: { words } }],
    ['POST', '/projects/kimpga/filter/dry-run', { words, room: 'main' }],
  ] as const) {
    const answer = await callApi(chatty, method, path, body);
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid']);
    assert.match(
      (answer.body as { message?: string }).message ?? '',
      /^words come to \d+ letters .* more than 100000/,
    );
  }
  assert.equal(codeOf(await busy.send('placeholder')), 'word_refused');
});
