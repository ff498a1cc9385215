/** Promise: no token, secret or key is in any line of the log, any row of the database or any answer but the one that makes it. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@chatty/server';
import { dumpDatabaseAsText, startCapturedServer } from '../support/captured-server.js';
import { ADMIN_KEY, callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { sendRawRequest } from '../support/raw/http.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  SECRET,
  TestClient,
  TOKEN,
  waitUntil,
} from '../support/server.js';

/** Longest line of the log in UTF-16 code units: a few fields of 500, one of them a list of ten, and a stack of 2,000. */
const LINE = 12_000;

it('no secret, key or token is ever written to the log or the database (J12, J13, S3)', async (context) => {
  const chatty = await startCapturedServer(context);
  const { url, lines } = chatty;
  await createProject(chatty, 'kimpga');
  const made = await callApi(chatty, 'POST', '/projects/kimpga/secrets', {});
  const key = (await callApi(chatty, 'POST', '/projects/kimpga/keys', { name: 'backend' }))
    .body as unknown as {
    key: string;
  };
  const secret = String(made.body.secret);
  const kept = [
    SECRET,
    secret,
    ADMIN_KEY,
    KEY_SETTINGS.SECRETS_ENCRYPTION_KEY,
    key.key,
    'a wrong admin key of a stranger',
  ];
  const good = createTestToken('민수', { secret, role: 'moderator' });
  const minsu = await connectClient(context, url, good);
  assertStored(await minsu.send('안녕'));
  await minsu.socket.timeout(8_000).emitWithAck('auth refresh', { token: good });
  await minsu.socket.timeout(8_000).emitWithAck('auth refresh', { token: createTestToken('지영') });
  await minsu.socket.timeout(8_000).emitWithAck('ban member', { userId: 'x', reason: '도배' });

  // Refused in every way, with the token also where it does not belong.
  const bad = [
    createTestToken('민수'),
    `${good}x`,
    good.slice(0, -5),
    createTestToken('민수', { secret, projectId: 'shop' }),
    `eyJ${'A'.repeat(9_000)}`,
  ];
  for (const token of bad) await connectExpectingRefusal(context, url, { token });
  const late = new TestClient(
    url,
    {},
    {
      query: { token: good },
      reconnection: false,
      extraHeaders: { origin: `https://x.example/${'a'.repeat(9_000)}` },
    },
  );
  context.after(() => late.socket.disconnect());
  await waitUntil(() => !late.socket.active, 'the refusal');
  for (const path of [
    `/?token=${good}`,
    `/widget/${good}`,
    `/api/v1/projects/${good}`,
    `/healthz?key=${ADMIN_KEY}`,
    `/%FF${good}`,
  ])
    await fetch(url + path, { headers: { authorization: `Bearer ${good}` } });
  await sendRawRequest(url, `GET /${good} HTTP/9.9\r\n\r\n`, 3_000);
  await callApi(chatty, 'GET', '/projects', undefined, {
    authorization: 'Bearer a wrong admin key of a stranger',
  });
  await callApi(chatty, 'GET', '/projects/kimpga', undefined, { authorization: `Bearer ${key.key}` });
  await callApi(chatty, 'POST', '/projects/kimpga/doctor', { token: good });
  const shown = JSON.stringify((await callApi(chatty, 'GET', '/projects/kimpga')).body);
  await callApi(chatty, 'DELETE', `/projects/kimpga/secrets/${made.body.kid}`);
  await waitUntil(() => minsu.socket.disconnected, 'the end of the connection');
  const forged = new TestClient(url, { token: { toString: 1 } }, { reconnection: false });
  context.after(() => forged.socket.disconnect());
  await waitUntil(() => !forged.socket.active, 'the refusal');
  await chatty.app.close();

  const rows = await dumpDatabaseAsText(chatty.connection);
  assert.ok(lines.length > 10, `only ${lines.length} log lines`);
  assert.ok(rows.includes('안녕'), 'the message is in the database');
  for (const [where, text] of [
    ['log', lines.join('\n')],
    ['database', rows],
    ['answer', shown],
  ] as const) {
    assert.doesNotMatch(text, TOKEN, where);
    for (const each of kept)
      for (const form of ['utf8', 'hex', 'base64', 'base64url'] as const)
        assert.ok(!text.includes(Buffer.from(each).toString(form)), `${each} is in the ${where}`);
  }
  for (const words of ['안녕', '도배'])
    assert.ok(!lines.join().includes(words), 'what people write is not told');
  for (const line of lines) {
    assert.equal(typeof JSON.parse(line), 'object');
    assert.ok(line.length < LINE, line.slice(0, 200));
  }
});

it('a log entry is one line of JSON, however long and unusual its content (S3)', () => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const odd = '\r\n{"level":60}\n\u001b[31m\u2028\ud800'.repeat(100_000);
  log.info({ origin: odd, deep: { fine: true } }, 'something');
  log.error({ err: new Error(odd), code: 5 }, 'an error');
  log.error({ err: odd }, 'no error');
  log.info({ faults: Array.from({ length: 1_000 }, () => odd) }, 'a list');
  log.info(
    { deep: { [odd]: { [odd]: [odd] } }, wide: Object.fromEntries(Object.entries(odd.slice(0, 9_000))) },
    'an object',
  );
  assert.equal(lines.length, 5);
  for (const line of lines) {
    assert.equal(line.split('\n').length, 2);
    assert.ok(line.length < LINE && JSON.parse(line).level >= 30, `${line.length} ${line.slice(0, 200)}`);
  }
  assert.equal(JSON.parse(lines[1] ?? '').err.type, 'Error');
});

it('visitor addresses are in no table; the log has them only for refused connections (P3)', async (context) => {
  const chatty = await startCapturedServer(context, {
    TRUSTED_PROXY_HOPS: '1',
    INVALID_TOKENS_PER_MINUTE: '1',
  });
  const { url, lines } = chatty;
  const from = (address: string) => ({ extraHeaders: { 'x-forwarded-for': address } });
  await createProject(chatty, 'kimpga');
  const { secret } = (await callApi(chatty, 'POST', '/projects/kimpga/secrets', {})).body;
  const moderator = await connectClient(
    context,
    url,
    createTestToken('관리', { secret: String(secret), role: 'moderator' }),
    from('203.0.113.1'),
  );
  const member = await connectClient(
    context,
    url,
    createTestToken('민수', { secret: String(secret) }),
    from('203.0.113.2'),
  );
  assertStored(await member.send('안녕'));
  await moderator.socket.timeout(8_000).emitWithAck('ban member', { userId: '민수' });
  await waitUntil(() => member.socket.disconnected, 'the end of the connection');
  for (let times = 0; times < 3; times += 1)
    await connectExpectingRefusal(context, url, { token: 'forged' }, from('203.0.113.3'));
  await callApi(chatty, 'GET', '/projects', undefined, {
    authorization: 'Bearer wrong',
    'x-forwarded-for': '203.0.113.4',
  });
  await callApi(
    chatty,
    'PATCH',
    '/projects/kimpga',
    { name: 'Kimpga' },
    { 'x-forwarded-for': '203.0.113.5' },
  );
  await chatty.app.close();
  const rows = await dumpDatabaseAsText(chatty.connection);
  assert.ok(rows.includes('안녕') && rows.includes('Kimpga'), 'there is something to look at');
  assert.doesNotMatch(rows, /203\.0\.113|127\.0\.0\.1|::1\b/);
  const told = [...lines.join('\n').matchAll(/203\.0\.113\.(\d)/g)].map(([, last]) => last);
  assert.deepEqual([...new Set(told)].sort(), ['3', '4']);
});
