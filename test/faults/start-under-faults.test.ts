/** Promise: a database that ends its connections while a server starts delays the start, and does not end it. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import pg from 'pg';
import {
  assertStored,
  connectClient,
  createTestDatabase,
  createTestToken,
  startTestServer,
} from '../support/server.js';

it('a start succeeds although the database repeatedly closes every connection', async (context) => {
  const connection = await createTestDatabase(context);
  const admin = new pg.Client(connection);
  admin.on('error', () => undefined);
  await admin.connect();
  context.after(() => admin.end());
  let ended = 0;
  const end = async () => {
    const { rowCount } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'chatty%'`,
    );
    ended += rowCount ?? 0;
  };
  // Once the start has lost so many it is left alone.
  const ending = (async () => {
    while (ended < 12) await end();
  })();
  const { url } = await startTestServer(context, {}, connection);
  await ending;
  const minsu = await connectClient(context, url, createTestToken('민수'));
  assert.equal(assertStored(await minsu.send('안녕')).id, 1);
});
