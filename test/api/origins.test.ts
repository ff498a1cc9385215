/** Promise: only pages of the origins that a project lists can connect to it. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import {
  connectClient,
  connectExpectingRefusal,
  createTestToken,
  startTestServer,
  type TestServer,
} from '../support/server.js';

async function codeOf(
  context: TestContext,
  chatty: TestServer,
  token: string,
  extraHeaders: Record<string, string> = {},
) {
  const error = await connectExpectingRefusal(context, chatty.url, { token }, { extraHeaders });
  return [error.message, error.data?.code];
}

const REFUSED = ['Authentication error', 'token_invalid'];

it('pages connect only from exactly the listed origins; a server needs no origin (X8)', async (context) => {
  const chatty = await startTestServer(context, {
    ...KEY_SETTINGS,
    NODE_ENV: 'production',
    UNREGISTERED_PROJECTS: 'refuse',
  });
  const token = createTestToken('민수', { expiresIn: 600 });
  assert.deepEqual(await codeOf(context, chatty, token), REFUSED, 'no record, no project');
  await createProject(chatty, 'kimpga');
  const from = (origin: string) => connectClient(context, chatty.url, token, { extraHeaders: { origin } });
  const refused = async (origin: string) =>
    assert.deepEqual((await codeOf(context, chatty, token, { origin }))[1], 'origin_refused', origin);
  await refused('https://kimpga.com');
  await connectClient(context, chatty.url, token);
  await callApi(chatty, 'PATCH', '/projects/kimpga', { origins: ['https://kimpga.com'] });
  await from('https://kimpga.com');
  for (const origin of [
    'https://kimpga.com.evil.example',
    'http://kimpga.com',
    'https://kimpga.com:8443',
    'https://www.kimpga.com',
    'HTTPS://KIMPGA.COM',
    'https://evil.example',
    'null',
  ])
    await refused(origin);
  await callApi(chatty, 'PATCH', '/projects/kimpga', { settings: { nullOrigin: true } });
  await from('null');
  for (const origins of [
    ['https://kimpga.com/'],
    ['kimpga.com'],
    ['*'],
    [7],
    'https://kimpga.com',
    ['https://Kimpga.com'],
  ])
    assert.equal((await callApi(chatty, 'PATCH', '/projects/kimpga', { origins })).body.code, 'invalid');
  const polled = (origin: string) =>
    fetch(`${chatty.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
  const allowed = async (origin: string) => (await polled(origin)).headers.get('access-control-allow-origin');
  assert.equal(await allowed('https://kimpga.com'), 'https://kimpga.com');
  assert.equal(await allowed('https://evil.example'), null);
});

it('projects without a record follow ALLOWED_ORIGINS', async (context) => {
  const chatty = await startTestServer(context, {
    ALLOWED_ORIGINS: 'https://kimpga.com, https://shop.example',
  });
  const token = createTestToken('민수');
  await connectClient(context, chatty.url, token, { extraHeaders: { origin: 'https://shop.example' } });
  assert.equal(
    (await codeOf(context, chatty, token, { origin: 'https://evil.example' }))[1],
    'origin_refused',
  );
  await connectClient(context, chatty.url, token);
});
