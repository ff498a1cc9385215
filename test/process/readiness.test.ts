/** Promise: /readyz says whether members can be let in and heard, from memory, however often anybody asks. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { query, smallDisk, startCluster } from '../faults/support/rig.js';
import { KEYS } from '../support/projects.js';
import { join, makeDatabase, startChatty, stored, tokenOf, until } from '../support/server.js';
import { startProxy } from '../support/tcp-proxy.js';

const messageOf = async (url: string) => {
  const answer = await fetch(`${url}/readyz`);
  const body = (await answer.json()) as { ok: boolean; code?: string; message?: string };
  assert.equal(answer.status, body.ok ? 200 : 503);
  if (!body.ok) assert.equal(body.code, 'unavailable');
  return body.message ?? 'ready';
};

/** Waits until /readyz says so. */
const says = (url: string, message: string) =>
  until(async () => (await messageOf(url)) === message, `"${message}"`, 30_000);

async function startBehindNetwork(context: TestContext) {
  const connection = await makeDatabase(context);
  const isSocket = connection.host.startsWith('/');
  const network = await startProxy(
    isSocket ? `${connection.host}/.s.PGSQL.${connection.port}` : connection.port,
  );
  const chatty = await startChatty(context, KEYS, { ...connection, host: '127.0.0.1', port: network.port });
  context.after(() => network.close());
  return { network, url: chatty.url };
}

it('nobody without a key makes the server ask its database', async (context) => {
  const { network, url } = await startBehindNetwork(context);
  // From here on whoever asked the database would wait for an answer that does not come.
  network.freeze();
  const wrongKey = { headers: { authorization: 'Bearer wrong' } };
  const asked = [
    ...Array.from({ length: 200 }, () => fetch(`${url}/readyz`)),
    fetch(`${url}/healthz`),
    fetch(`${url}/widget.js`),
    fetch(`${url}/doctor`),
    fetch(`${url}/api/v1/projects`),
    fetch(`${url}/api/v1/projects/kimpga`, wrongKey),
    fetch(`${url}/api/v1/projects/kimpga/doctor`, { method: 'POST', ...wrongKey }),
  ];
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  network.thaw();
  // Either, as the server may have noticed the loss by now.
  assert.ok(statuses.slice(0, 200).every((status) => status === 200 || status === 503));
  assert.deepEqual(statuses.slice(200), [200, 200, 200, 401, 401, 401]);
});

it('a database that does not answer is not ready, and is again once it answers', async (context) => {
  const { network, url } = await startBehindNetwork(context);
  assert.equal(await messageOf(url), 'ready');
  network.freeze();
  await says(url, 'The database does not answer.');
  network.thaw();
  await says(url, 'ready');
});

it('a database that is open for reading only is not ready, though nobody writes', async (context) => {
  const { url, connection } = await startChatty(context);
  await query(connection, `ALTER DATABASE ${connection.database} SET default_transaction_read_only = on`);
  const end = () =>
    query(
      connection,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  await end();
  await says(url, 'The database refuses what is written.');
  await query(
    { ...connection, database: 'postgres' },
    `ALTER DATABASE ${connection.database} RESET default_transaction_read_only`,
  );
  await end();
  await says(url, 'ready');
});

it('a full disk is not ready, whether anybody writes or not, and is again once there is room', {
  timeout: 170_000,
}, async (context) => {
  const folder = smallDisk(context);
  if (folder === null) return;
  const cluster = await startCluster((end) => context.after(end), folder);
  const { url } = await startChatty(context, {}, await cluster.database());
  const minsu = await join(context, url, tokenOf('minsu'));
  stored(await minsu.say('before'));
  assert.equal(await messageOf(url), 'ready');
  cluster.fillDisk();
  await says(url, 'The database refuses what is written.');
  const read = await minsu.socket.timeout(8_000).emitWithAck('history', { before: 100, limit: 10 });
  assert.equal(read.ok, true, 'what is there can be read');
  cluster.clearDisk();
  await says(url, 'ready');
  stored(await minsu.say('after'));
});
