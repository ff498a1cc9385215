/** Promise: what is written is text, wherever it is written: no statement, no property, no line of the log. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HistoryAnswer } from '@chatty/protocol';
import { cleanContent, hasVisibleText } from '@chatty/protocol';
import { dumpDatabaseAsText, startCapturedServer } from '../support/captured-server.js';
import { callApi, createProject } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  createTestToken,
  SECRET,
  TestClient,
  waitUntil,
} from '../support/server.js';
import { createClaims, writeToken } from '../support/token-server.js';

const TEXTS = [
  "'; DROP TABLE messages; --",
  "' OR '1'='1",
  '1; SELECT pg_sleep(60)',
  "x', 'admin'); INSERT INTO projects VALUES ('evil') --",
  '$1 $2 $$;$$ {} %s %n',
  "\\'; COMMIT; \\\\",
  '"; DROP SCHEMA public CASCADE; /*',
  "E'\\x00' U&'\\0000' \\u0000 \\u{0}",
  '{"a":1} [1,2] {{7*7}} #{7*7} <%= 7 %>',
  'a\u0000b',
  '\u0000',
  '\ud800',
  'a\udc00b\ud83d',
  '\r\n{"level":60,"msg":"forged"}\r\n',
  '\u001b[2J\u001b]0;title\u0007',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%00 %2e%2e%2f %',
  '\u202e\u2066\u2028\ufeff',
  'a'.repeat(5_000),
];
const LENIENT = {
  SEND_BURST: '100000',
  READ_BURST: '100000',
  ADDRESS_EVENT_BURST: '1000000',
  PROJECT_EVENTS_PER_SECOND: '1000000',
  RATE_LIMIT_STRIKES: '1000000',
  INVALID_TOKENS_PER_MINUTE: '1000000',
};

/** What is worth a warning: a statement that failed, a command that threw. */
const alarms = (lines: readonly string[]) =>
  lines.filter((line) => ((JSON.parse(line) as { level?: number }).level ?? 0) >= 40);

it('hostile text in any field of any event is stored unchanged or refused, without a database error (S1, S2, U1, U2)', async (context) => {
  const { url, lines, connection } = await startCapturedServer(context, LENIENT);
  await createProject({ url }, 'kimpga');
  const admin = await connectClient(context, url, createTestToken('관리', { role: 'admin' }));
  const reader = await connectClient(context, url, createTestToken('지영'));
  const session = admin.socket.id;
  const { id } = assertStored(await admin.send('처음'));
  const said: string[] = [];
  for (const text of TEXTS) {
    const answer = await admin.send({ content: text });
    if (answer.ok) said.push(answer.message.content);
    assert.equal(answer.ok, hasVisibleText(cleanContent(text)) && text.length <= 2_000, JSON.stringify(text));
    const payloads: [string, object][] = [
      ['chat message', { content: 'x', clientId: text }],
      ['chat message', { content: 'x', replyTo: text }],
      ['chat message', { content: 'x', [text]: text }],
      ['edit message', { id, content: text }],
      ['edit message', { id: text, content: 'x' }],
      ['delete message', { id: text }],
      ['react', { id, emoji: text, on: true }],
      ['history', { before: text, limit: text }],
      ['sync', { after: { epoch: text, seq: 1 } }],
      ['members', { limit: text }],
      ['auth refresh', { token: text }],
      ['mute member', { userId: text, seconds: 1, reason: text }],
      ['unmute member', { userId: text }],
      ['ban member', { userId: text, seconds: 1, reason: text, messageId: id }],
      ['unban member', { userId: text }],
      ['kick member', { userId: text, reason: text }],
      ['set rules', { rules: { [text]: text, write: text } }],
      [text, { content: text }],
    ];
    for (const [event, payload] of payloads) {
      const { ok, code } = await admin.socket.timeout(8_000).emitWithAck(event, payload);
      assert.ok(
        ok || (code !== 'unavailable' && typeof code === 'string'),
        `${event} ${JSON.stringify(payload)}: ${code}`,
      );
    }
  }
  assert.equal(admin.socket.id, session);
  await waitUntil(() => said.every((content) => reader.contents.includes(content)), 'delivery');
  const page: HistoryAnswer = await reader.socket
    .timeout(8_000)
    .emitWithAck('history', { before: 1e9, limit: 100 });
  const held = page.ok ? page.messages.map(({ content }) => content) : [];
  for (const content of said)
    assert.ok(held.includes(content) && content.isWellFormed(), JSON.stringify(content));
  assert.match(await dumpDatabaseAsText(connection), /messages .*DROP TABLE messages/);
  assert.deepEqual(alarms(lines), []);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
it('hostile text in a token, handshake, header or URL gains no access and breaks nothing (S1, S2, S3, U1, U2)', async (context) => {
  const { url, lines } = await startCapturedServer(context, { ...LENIENT, GUEST_PROJECTS: '*' });
  for (const text of TEXTS) {
    const claims = [
      { userId: text },
      { username: text },
      { avatar: text },
      { badges: [text] },
      { projectId: text },
    ];
    const handshakes: Record<string, unknown>[] = [
      { token: text },
      { projectId: text },
      { token: createTestToken('민수'), after: { epoch: text, seq: 1 }, batch: true },
      { token: createTestToken('민수'), [text]: text, batch: text },
    ];
    for (const more of claims) handshakes.push({ token: tokenFor(more) });
    for (const auth of handshakes) {
      const visitor = new TestClient(url, auth, { transports: ['websocket'], reconnection: false });
      const end = await new Promise<{ data?: { code?: string } } | null>((resolve) => {
        visitor.socket.once('connect_error', resolve);
        visitor.socket.once('history', () => resolve(null));
        visitor.socket.once('messages', () => resolve(null));
      });
      visitor.socket.disconnect();
      assert.notEqual(end?.data?.code, 'unavailable', JSON.stringify(auth));
      if (end) assert.equal(end.data?.code?.startsWith('token_'), true, JSON.stringify([auth, end.data]));
    }
    const header = text.replace(/[^\t\x20-\x7e]/g, '');
    for (const path of ['/', '/widget/', '/socket.io/?EIO=4&transport=polling&sid=']) {
      const { status } = await fetch(url + path + encode(text), {
        headers: { origin: header, 'accept-encoding': header },
      });
      assert.ok(status < 500, `${path} ${JSON.stringify(text)}: ${status}`);
    }
  }
  assert.deepEqual(alarms(lines), []);
  for (const line of lines) assert.notEqual((JSON.parse(line) as { msg?: string }).msg, 'forged');
});

it('hostile text in any API request is stored as text or refused (S1, S2, U1, U2)', async (context) => {
  const { url, lines, connection } = await startCapturedServer(context, LENIENT);
  const chatty = { url };
  await createProject(chatty, 'kimpga');
  for (const text of TEXTS) {
    const [at, moment] = [encode(text), '2026-01-31T12:00:00Z'];
    const requests: [string, string, object?][] = [
      ['POST', '/projects', { id: text, name: text }],
      ['POST', '/projects', { id: `p${TEXTS.indexOf(text)}`, name: text }],
      ['PATCH', '/projects/kimpga', { name: text }],
      ['PATCH', '/projects/kimpga', { origins: [text] }],
      ['PATCH', '/projects/kimpga', { settings: { [text]: text } }],
      ['PATCH', '/projects/kimpga', { settings: { reservedNames: text } }],
      ['PATCH', '/projects/kimpga', { settings: { reservedNames: [text] } }],
      ['PATCH', '/projects/kimpga', { settings: { words: text } }],
      ['PATCH', '/projects/kimpga', { settings: { words: [{ word: text }] } }],
      ['POST', '/projects/kimpga/cutoffs', { userId: text, before: moment }],
      ['POST', '/projects/kimpga/cutoffs', { before: text }],
      ['POST', '/projects/kimpga/secrets', { algorithm: text, publicKey: text, expiresAt: text }],
      ['POST', '/projects/kimpga/secrets', { algorithm: 'RS256', publicKey: text }],
      ['PATCH', `/projects/kimpga/secrets/${at}`, { expiresAt: moment }],
      ['DELETE', `/projects/kimpga/secrets/${at}`],
      ['POST', '/projects/kimpga/keys', { name: text }],
      ['DELETE', `/projects/kimpga/keys/${at}`],
      ['POST', '/projects/kimpga/doctor', { token: text, origin: text }],
      ['POST', '/projects/kimpga/doctor', { token: tokenFor({ sub: text }), origin: text }],
      ['POST', '/projects/kimpga/filter/dry-run', { words: text }],
      ['POST', `/projects/kimpga/members/${at}/ban`, { reason: text, seconds: text }],
      ['POST', `/projects/kimpga/members/${at}/mute`, { reason: text }],
      ['POST', '/projects/kimpga/members/-/mute', { userId: text, reason: text }],
      ['DELETE', `/projects/kimpga/members/${at}/mute`],
      ['GET', `/projects/kimpga/sanctions?after=${at}&limit=${at}`],
      ['GET', `/projects/kimpga/sanctions?after=${at}`],
      ['GET', `/projects/kimpga/audit?before=${at}&limit=${at}`],
      ['DELETE', `/projects/kimpga/messages/${at}`],
      ['PATCH', '/projects/kimpga/rooms/main/rules', { [text]: text, write: text }],
      ['GET', `/projects/${at}`],
      ['GET', `/projects/${at}/refusals`],
      ['PATCH', `/projects/${at}`, { name: 'x' }],
    ];
    for (const [method, path, body] of requests) {
      const { status, body: answer } = await callApi(chatty, method, path, body);
      const what = `${method} ${path} ${JSON.stringify(body)}: ${status} ${JSON.stringify(answer)}`.slice(
        0,
        600,
      );
      assert.ok(status < 500, what);
      if (status >= 400) assert.equal(typeof answer.code, 'string', what);
    }
  }
  assert.deepEqual(alarms(lines), []);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.match(await dumpDatabaseAsText(connection), /projects .*DROP SCHEMA public/);
});

function tokenFor(more: object): string {
  return writeToken({ claims: { ...createClaims('kimpga'), ...more }, secret: SECRET });
}

/** As a browser does, and for what it cannot encode the bytes that stand for nothing. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80';
}
