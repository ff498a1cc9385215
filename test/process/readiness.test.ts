/** Promise: /readyz says whether members can be let in and heard, from memory, however often anybody asks. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { mountSmallDisk, query, startCluster } from '../faults/support/rig.js';
import { KEY_SETTINGS } from '../support/projects.js';
import {
  assertStored,
  connectClient,
  createTestDatabase,
  createTestToken,
  startTestServer,
  waitUntil,
} from '../support/server.js';
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
  waitUntil(async () => (await messageOf(url)) === message, `"${message}"`, 30_000);

async function startBehindNetwork(context: TestContext) {
  const connection = await createTestDatabase(context);
  const isSocket = connection.host.startsWith('/');
  const network = await startProxy(
    isSocket ? `${connection.host}/.s.PGSQL.${connection.port}` : connection.port,
  );
  const chatty = await startTestServer(context, KEY_SETTINGS, {
    ...connection,
    host: '127.0.0.1',
    port: network.port,
  });
  context.after(() => network.close());
  return { network, url: chatty.url };
}

it('without a key no request makes the server query its database', async (context) => {
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

it('an unresponsive database is reported as not ready until it answers', async (context) => {
  const { network, url } = await startBehindNetwork(context);
  assert.equal(await messageOf(url), 'ready');
  network.freeze();
  await says(url, 'The database does not answer.');
  network.thaw();
  await says(url, 'ready');
});

it('a read-only database is reported as not ready, even without writes', async (context) => {
  const { url, connection } = await startTestServer(context);
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

it('a full disk is reported as not ready, with or without writes, until there is space', {
  timeout: 170_000,
}, async (context) => {
  const folder = mountSmallDisk(context);
  if (folder === null) return;
  const cluster = await startCluster((end) => context.after(end), folder);
  const { url } = await startTestServer(context, {}, await cluster.createDatabase());
  const minsu = await connectClient(context, url, createTestToken('minsu'));
  assertStored(await minsu.send('before'));
  assert.equal(await messageOf(url), 'ready');
  cluster.fillDisk();
  await says(url, 'The database refuses what is written.');
  const read = await minsu.socket.timeout(8_000).emitWithAck('history', { before: 100, limit: 10 });
  assert.equal(read.ok, true, 'what is there can be read');
  cluster.clearDisk();
  await says(url, 'ready');
  assertStored(await minsu.send('after'));
});
