/** Promise: however the server ends, the next start works and every acknowledged message is there. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join as joinPath } from 'node:path';
import { it } from 'node:test';
import { createToken } from '@chatty/token';
import { runProgram, SERVER_ENTRY, startDemo } from '../support/processes.js';
import {
  assertStored,
  connectClient,
  createTemporaryFolder,
  createTestToken,
  SECRET,
  startTestServer,
  waitUntil,
} from '../support/server.js';

const postmaster = (folder: string) =>
  Number(readFileSync(joinPath(folder, 'data/pgdata/postmaster.pid'), 'utf8').split('\n')[0]);
/** Whether it runs; one that ended and was not yet collected by its parent does not. */
const isAlive = (pid: number) => {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
};

it('after kill -9 and a restart of the demo the chat is there and the old database process is gone', async (context) => {
  const folder = createTemporaryFolder();
  const data = joinPath(folder, 'data');
  const first = await startDemo(context, data);
  const secret = readFileSync(joinPath(data, 'jwt-secret'), 'utf8').trim();
  const token = createToken({ secret, projectId: 'kimpga', username: '민수' });
  const minsu = await connectClient(context, first.chat, token);
  for (let number = 1; number <= 20; number += 1) assertStored(await minsu.send(`말 ${number}`));
  const orphan = postmaster(folder);
  first.program.child.kill('SIGKILL');
  await first.program.exited;
  minsu.socket.disconnect();

  const second = await startDemo(context, data);
  assert.equal(isAlive(orphan), false);
  const again = await connectClient(context, second.chat, token);
  assert.deepEqual(
    again.history[0]?.map(({ content }) => content),
    Array.from({ length: 20 }, (_, index) => `말 ${index + 1}`),
  );

  const database = postmaster(folder);
  second.program.child.kill('SIGTERM');
  assert.equal(await second.program.exited, 0);
  assert.equal(isAlive(database), false, 'the database is stopped with the rest');
});

it('after kill -9 of the database writes are refused as unavailable, then everything continues by itself', async (context) => {
  const folder = createTemporaryFolder();
  const demo = await startDemo(context, joinPath(folder, 'data'));
  const secret = readFileSync(joinPath(folder, 'data/jwt-secret'), 'utf8').trim();
  const minsu = await connectClient(
    context,
    demo.chat,
    createToken({ secret, projectId: 'kimpga', username: '민수' }),
  );
  assertStored(await minsu.send('전'));
  process.kill(postmaster(folder), 'SIGKILL');
  await waitUntil(
    async () => (await minsu.send({ content: '후', clientId: 'after' })).ok,
    'the database to come back',
    30_000,
  );
  await waitUntil(() => minsu.messages.length === 2, 'delivery');
  assert.deepEqual(minsu.contents, ['전', '후']);
});

it('a second start on the same data folder fails with one clear sentence, and the first continues', async (context) => {
  const data = joinPath(createTemporaryFolder(), 'data');
  const first = await startDemo(context, data);
  const second = runProgram(context, SERVER_ENTRY, { CHATTY_DATA_DIR: data, PORT: '0', JWT_SECRET: SECRET });
  assert.equal(await second.exited, 1);
  assert.match(second.output(), /^Another Chatty is running on the data folder .*\n$/);
  assert.equal((await fetch(`${first.chat}/readyz`)).status, 200);
});

it('a used port, an unwritable folder and wrong settings give one clear sentence each and exit code 1 (J4)', async (context) => {
  const folder = createTemporaryFolder();
  const blocker = createServer().listen(0, '127.0.0.1');
  context.after(() => blocker.close());
  await waitUntil(() => blocker.listening, 'the blocker');
  const address = blocker.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const taken = runProgram(context, SERVER_ENTRY, {
    CHATTY_DATA_DIR: joinPath(folder, 'a'),
    HOST: '127.0.0.1',
    PORT: port,
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'error',
  });
  assert.equal(await taken.exited, 1);
  assert.match(taken.output(), new RegExp(`^Port ${port} is taken .*\\n$`));

  writeFileSync(joinPath(folder, 'file'), '');
  const blocked = runProgram(context, SERVER_ENTRY, {
    CHATTY_DATA_DIR: joinPath(folder, 'file/data'),
    PORT: '0',
    JWT_SECRET: SECRET,
  });
  assert.equal(await blocked.exited, 1);
  assert.match(blocked.output(), /^The data folder .* cannot be used .*\n$/);

  const wrong = runProgram(context, SERVER_ENTRY, {
    PORT: 'x',
    LOG_LEVEL: 'loud',
    DB_PORT: '0',
    NODE_ENV: 'production',
    JWT_SECRET: 'short',
  });
  assert.equal(await wrong.exited, 1);
  for (const name of ['PORT', 'LOG_LEVEL', 'DB_PORT', 'JWT_SECRET'])
    assert.match(wrong.output(), new RegExp(`^ {2}${name} `, 'm'));

  const away = runProgram(context, SERVER_ENTRY, {
    DB_HOST: '127.0.0.1',
    DB_PORT: port === '1' ? '2' : '1',
    DB_WAIT_SECONDS: '1',
    PORT: '0',
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'error',
  });
  assert.equal(await away.exited, 1);
  assert.match(away.output(), /^No database answered at 127\.0\.0\.1:\d+ within 1 s/);
});

it('clients reconnect by themselves after a restart, and receive missed messages', async (context) => {
  const first = await startTestServer(context);
  const minsu = await connectClient(context, first.url, createTestToken('민수'));
  assertStored(await minsu.send('전'));
  await first.app.close();
  await waitUntil(() => minsu.socket.disconnected, 'the close');
  await startTestServer(context, { PORT: new URL(first.url).port }, first.connection);
  await waitUntil(() => minsu.history.length === 2, 'the way back');
  assert.deepEqual(
    minsu.history[1]?.map(({ content }) => content),
    ['전'],
  );
});
