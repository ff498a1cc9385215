/** Promise: the command line client administers a running server, and says what is wrong in one sentence. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { it, type TestContext } from 'node:test';
import { runChattyCommand } from '../support/command-line.js';
import { runProgram } from '../support/processes.js';
import { ADMIN_KEY, callApi, createProject, KEY_SETTINGS } from '../support/projects.js';
import { connectClient, createTemporaryFolder, createTestToken, startTestServer } from '../support/server.js';

async function openCommandLine(context: TestContext) {
  const chatty = await startTestServer(context, KEY_SETTINGS);
  const run = (...args: string[]) => runChattyCommand(chatty, args);
  const json = async (...args: string[]) => JSON.parse((await run(...args)).text);
  return { chatty, run, json };
}

it('creates a project and a secret, changes settings, and reports errors', async (context) => {
  const { chatty, run, json } = await openCommandLine(context);
  assert.equal((await run('project', 'create', 'kimpga', '--origin', 'https://kimpga.com')).status, 0);
  const { secret } = await json('project', 'secret', 'kimpga');
  await connectClient(context, chatty.url, createTestToken('민수', { secret }));
  assert.equal((await json('project', 'set', 'kimpga', 'guests=true')).settings.guests, true);
  assert.deepEqual(
    (await json('project', 'list')).projects.map(({ id }: { id: string }) => id),
    ['kimpga'],
  );
  assert.deepEqual(await run('project', 'create', 'kimpga'), {
    status: 1,
    text: 'The project "kimpga" exists already.\n',
  });
  assert.equal((await run('project', 'nonsense')).status, 1);
});

it('tries and sets a word list from a file', async (context) => {
  const { chatty, json } = await openCommandLine(context);
  await createProject(chatty, 'kimpga');
  const file = joinPath(createTemporaryFolder(), 'words.txt');
  writeFileSync(file, '시발\r\n\n! 시발점\nscam\n');
  const nothingCaught = { checked: 0, caught: [], omitted: 0 };
  assert.deepEqual(await json('words', 'try', 'kimpga', file), nothingCaught);
  assert.deepEqual(await json('project', 'words', 'kimpga', file, '--try'), nothingCaught);
  assert.equal((await json('project', 'show', 'kimpga')).settings.words, undefined);
  assert.deepEqual((await json('words', 'set', 'kimpga', file)).settings.words, [
    '시발',
    { word: '시발점', allowed: true },
    'scam',
  ]);
});

it('creates, lists and revokes keys', async (context) => {
  const { chatty, run, json } = await openCommandLine(context);
  await createProject(chatty, 'kimpga');
  const { id, key } = await json('keys', 'create', 'kimpga', '--name', 'backend');
  const statusWithKey = async () =>
    (await callApi(chatty, 'GET', '/projects/kimpga', undefined, { authorization: `Bearer ${key}` })).status;
  assert.equal(await statusWithKey(), 200);
  assert.equal((await json('keys', 'list', 'kimpga')).keys[0].name, 'backend');
  assert.equal((await run('keys', 'revoke', 'kimpga', id)).status, 0);
  assert.equal(await statusWithKey(), 401);
  assert.equal((await run('keys', 'revoke', 'kimpga')).status, 1);
});

it('says why a token is refused', async (context) => {
  const { chatty, json } = await openCommandLine(context);
  await createProject(chatty, 'kimpga');
  const token = createTestToken('민수', { secret: 'another secret of at least 32 bytes' });
  const { body } = await callApi(chatty, 'POST', '/projects/kimpga/doctor', { token });
  assert.equal((await json('doctor', 'token', 'kimpga', token)).code, body.code);
  assert.deepEqual((await json('doctor', 'refusals', 'kimpga')).refusals, []);
});

it('the installed program runs the client with its arguments and environment', async (context) => {
  const { chatty } = await openCommandLine(context);
  const environment = { CHATTY_URL: chatty.url, ADMIN_KEY };
  const program = runProgram(context, 'packages/cli/bin/chatty.js', environment, ['project', 'list']);
  assert.equal(await program.exited, 0);
  assert.deepEqual(JSON.parse(program.output()), { projects: [] });
});
