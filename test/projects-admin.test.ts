/** Promise: projects are made and changed by whoever has the admin key, over HTTP and by a command, and by nobody else. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { it } from 'node:test';
import { join, startChatty, temporaryFolder, tokenOf } from './kit.js';
import { runProgram } from './processes.js';
import { ADMIN_KEY, ask, KEYS, make } from './projects-kit.js';

it('the administration is for its key alone, refuses browsers, and is not to be guessed (A1, A2)', async (context) => {
  const chatty = await startChatty(context, KEYS);
  assert.equal(
    (await ask(chatty, 'GET', '/projects', undefined, { origin: 'https://kimpga.com' })).status,
    403,
  );
  const statuses: number[] = [];
  for (const wrong of ['', 'Bearer ', `Basic ${ADMIN_KEY}`, `Bearer ${tokenOf('민수', { role: 'admin' })}`])
    statuses.push((await ask(chatty, 'POST', '/projects', { id: 'x' }, { authorization: wrong })).status);
  assert.deepEqual(statuses, [401, 401, 401, 401]);
  for (let guess = 0; guess < 8; guess += 1)
    statuses.push(
      (await ask(chatty, 'GET', '/projects', undefined, { authorization: `Bearer ${guess}` })).status,
    );
  assert.equal(statuses.at(-1), 429);
  assert.equal((await ask(chatty, 'GET', '/projects')).status, 200, 'the right key is not kept out');
  assert.deepEqual((await ask(chatty, 'GET', '/projects')).body.projects, []);
  const closed = await startChatty(context);
  assert.equal((await ask(closed, 'GET', '/projects')).status, 404);
});

it('what is wrong in a request is said, and nothing is half done', async (context) => {
  const chatty = await startChatty(context, KEYS);
  await make(chatty, 'kimpga', { name: '김프가', settings: { guests: true } });
  const code = async (method: string, path: string, body: unknown) =>
    (await ask(chatty, method, path, body as object)).body.code;
  for (const id of [undefined, '', 'KIMPGA', 'a b', '../x', '__proto__', 'x'.repeat(65), 7])
    assert.equal(await code('POST', '/projects', { id }), 'invalid', String(id));
  assert.equal(await code('POST', '/projects', { id: 'kimpga' }), 'exists');
  assert.equal(await code('POST', '/projects', []), 'invalid');
  assert.equal(await code('PATCH', '/projects/none', { name: 'x' }), 'not_found');
  assert.equal(
    await code('PATCH', '/projects/kimpga', { name: 'x', settings: { guests: 'yes' } }),
    'invalid',
  );
  assert.equal(await code('PATCH', '/projects/kimpga', { settings: { unknown: 1 } }), 'invalid');
  assert.equal(await code('POST', '/projects/none/secrets', {}), 'not_found');
  assert.equal(await code('POST', '/projects/kimpga/secrets', { expiresAt: 'soon' }), 'invalid');
  assert.equal(await code('DELETE', '/projects/kimpga/secrets/none', undefined), 'not_found');
  const { body } = await ask(chatty, 'GET', '/projects/kimpga');
  assert.deepEqual([body.name, body.settings, body.secrets], ['김프가', { guests: true }, []]);
  await join(context, chatty.url, '', { auth: { projectId: 'kimpga' } });
  assert.deepEqual(
    (await ask(chatty, 'PATCH', '/projects/kimpga', { settings: { guests: null } })).body.settings,
    {},
  );
});

it('npm run project makes a project and a secret, and says in a sentence what is wrong', async (context) => {
  const chatty = await startChatty(context, KEYS);
  const environment = { CHATTY_URL: chatty.url, ADMIN_KEY };
  const run = async (...parameters: string[]) => {
    const program = runProgram(context, 'scripts/project.mjs', environment, parameters);
    return { status: await program.ended, text: program.output() };
  };
  assert.equal((await run('create', 'kimpga', '--origin', 'https://kimpga.com')).status, 0);
  const { secret } = JSON.parse((await run('secret', 'kimpga')).text);
  await join(context, chatty.url, tokenOf('민수', { secret }));
  assert.equal(JSON.parse((await run('set', 'kimpga', 'guests=true')).text).settings.guests, true);
  assert.deepEqual(await run('create', 'kimpga'), {
    status: 1,
    text: 'The project "kimpga" exists already.\n',
  });
  const file = joinPath(temporaryFolder(), 'words.txt');
  writeFileSync(file, '시발\r\n\n! 시발점\nscam\n');
  const words = ['시발', { word: '시발점', allowed: true }, 'scam'];
  assert.deepEqual(JSON.parse((await run('words', 'kimpga', file, '--try')).text), {
    checked: 0,
    caught: [],
  });
  assert.equal(JSON.parse((await run('show', 'kimpga')).text).settings.words, undefined);
  assert.deepEqual(JSON.parse((await run('words', 'kimpga', file)).text).settings.words, words);
  assert.equal((await run('nonsense')).status, 1);
});
