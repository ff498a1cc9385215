/** Promise: however the server ends, the next start works and every acknowledged message is there. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join as joinPath } from 'node:path';
import { it } from 'node:test';
import { createToken } from '@chatty/token/create-token';
import { runProgram, SERVE, startDemo } from '../support/processes.js';
import { join, SECRET, startChatty, stored, temporaryFolder, tokenOf, until } from '../support/server.js';

const postmaster = (folder: string) =>
  Number(readFileSync(joinPath(folder, 'data/pgdata/postmaster.pid'), 'utf8').split('\n')[0]);
/** Whether it runs; one that ended and was not yet collected by its parent does not. */
const isAlive = (pid: number) => {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
};

it('kill -9 of the demo, then a start: the talk is there and the old database is gone', async (context) => {
  const folder = temporaryFolder();
  const data = joinPath(folder, 'data');
  const first = await startDemo(context, data);
  const secret = readFileSync(joinPath(data, 'jwt-secret'), 'utf8').trim();
  const token = createToken({ secret, projectId: 'kimpga', username: '민수' });
  const minsu = await join(context, first.chat, token);
  for (let number = 1; number <= 20; number += 1) stored(await minsu.say(`말 ${number}`));
  const orphan = postmaster(folder);
  first.program.child.kill('SIGKILL');
  await first.program.ended;
  minsu.socket.disconnect();

  const second = await startDemo(context, data);
  assert.equal(isAlive(orphan), false);
  const again = await join(context, second.chat, token);
  assert.deepEqual(
    again.history[0]?.map(({ content }) => content),
    Array.from({ length: 20 }, (_, index) => `말 ${index + 1}`),
  );

  const database = postmaster(folder);
  second.program.child.kill('SIGTERM');
  assert.equal(await second.program.ended, 0);
  assert.equal(isAlive(database), false, 'the database is stopped with the rest');
});

it('kill -9 of the database: refused with unavailable meanwhile, then everything goes on by itself', async (context) => {
  const folder = temporaryFolder();
  const demo = await startDemo(context, joinPath(folder, 'data'));
  const secret = readFileSync(joinPath(folder, 'data/jwt-secret'), 'utf8').trim();
  const minsu = await join(
    context,
    demo.chat,
    createToken({ secret, projectId: 'kimpga', username: '민수' }),
  );
  stored(await minsu.say('전'));
  process.kill(postmaster(folder), 'SIGKILL');
  await until(
    async () => (await minsu.say({ content: '후', clientId: 'after' })).ok,
    'the database to come back',
    30_000,
  );
  await until(() => minsu.messages.length === 2, 'delivery');
  assert.deepEqual(minsu.contents, ['전', '후']);
});

it('a second start on the same data folder says so in one sentence, and the first goes on', async (context) => {
  const data = joinPath(temporaryFolder(), 'data');
  const first = await startDemo(context, data);
  const second = runProgram(context, SERVE, { CHATTY_DATA_DIR: data, PORT: '0', JWT_SECRET: SECRET });
  assert.equal(await second.ended, 1);
  assert.match(second.output(), /^Another Chatty is running on the data folder .*\n$/);
  assert.equal((await fetch(`${first.chat}/readyz`)).status, 200);
});

it('a taken port, a folder that cannot be written, wrong settings: one clear sentence each, exit code 1 (J4)', async (context) => {
  const folder = temporaryFolder();
  const blocker = createServer().listen(0, '127.0.0.1');
  context.after(() => blocker.close());
  await until(() => blocker.listening, 'the blocker');
  const address = blocker.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  const taken = runProgram(context, SERVE, {
    CHATTY_DATA_DIR: joinPath(folder, 'a'),
    HOST: '127.0.0.1',
    PORT: port,
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'error',
  });
  assert.equal(await taken.ended, 1);
  assert.match(taken.output(), new RegExp(`^Port ${port} is taken .*\\n$`));

  writeFileSync(joinPath(folder, 'file'), '');
  const blocked = runProgram(context, SERVE, {
    CHATTY_DATA_DIR: joinPath(folder, 'file/data'),
    PORT: '0',
    JWT_SECRET: SECRET,
  });
  assert.equal(await blocked.ended, 1);
  assert.match(blocked.output(), /^The data folder .* cannot be used .*\n$/);

  const wrong = runProgram(context, SERVE, {
    PORT: 'x',
    LOG_LEVEL: 'loud',
    DB_PORT: '0',
    NODE_ENV: 'production',
    JWT_SECRET: 'short',
  });
  assert.equal(await wrong.ended, 1);
  for (const name of ['PORT', 'LOG_LEVEL', 'DB_PORT', 'JWT_SECRET'])
    assert.match(wrong.output(), new RegExp(`^ {2}${name} `, 'm'));

  const away = runProgram(context, SERVE, {
    DB_HOST: '127.0.0.1',
    DB_PORT: port === '1' ? '2' : '1',
    DB_WAIT_SECONDS: '1',
    PORT: '0',
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'error',
  });
  assert.equal(await away.ended, 1);
  assert.match(away.output(), /^No database answered at 127\.0\.0\.1:\d+ within 1 s/);
});

it('clients come back by themselves after a restart, and find what was said', async (context) => {
  const first = await startChatty(context);
  const minsu = await join(context, first.url, tokenOf('민수'));
  stored(await minsu.say('전'));
  await first.app.close();
  await until(() => minsu.socket.disconnected, 'the close');
  await startChatty(context, { PORT: new URL(first.url).port }, first.connection);
  await until(() => minsu.history.length === 2, 'the way back');
  assert.deepEqual(
    minsu.history[1]?.map(({ content }) => content),
    ['전'],
  );
});
