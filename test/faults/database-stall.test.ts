/** Promise: whatever slows the database for seconds, when it is over the backlog drains within 10 s at the same load. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseConfig } from '@chatty/server/testing';
import pg from 'pg';
import { type CleanupContext, startPostgres, startTestServer } from '../support/server.js';
import { startSteadyLoad } from '../support/steady-load.js';
import { type FaultyNetwork, startProxy } from '../support/tcp-proxy.js';

/** In which the backlog of a stall has to be gone, in milliseconds. */
const RECOVERY_MS = 10_000;
/** How often new connections are looked for while they are to be stopped, in milliseconds. */
const LOOK_MS = 20;

type Stage = { admin: pg.Client; network: FaultyNetwork };
type Stall = { what: string; seconds: number; hold(stage: Stage, milliseconds: number): Promise<void> };

const stalls: Stall[] = [
  { what: 'the writing connection is stopped', seconds: 0.7, hold: stopWriters },
  { what: 'the writing connection is stopped', seconds: 3, hold: stopWriters },
  { what: 'the writing connection is stopped', seconds: 10, hold: stopWriters },
  { what: 'the network is silent', seconds: 3, hold: silence },
  { what: 'the room is locked', seconds: 3, hold: lockRoom },
];

/** Processes that write for the server, those too that it starts meanwhile. */
async function stopWriters({ admin }: Stage, milliseconds: number): Promise<void> {
  const stopped = new Set<number>();
  const end = performance.now() + milliseconds;
  try {
    while (performance.now() < end) {
      const { rows } = await admin.query<{ pid: number }>(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'chatty writer'",
      );
      for (const { pid } of rows) {
        if (!stopped.has(pid)) process.kill(pid, 'SIGSTOP');
        stopped.add(pid);
      }
      await pause(LOOK_MS);
    }
    assert.ok(stopped.size > 0, 'nobody was stopped');
  } finally {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
  }
}

async function silence({ network }: Stage, milliseconds: number): Promise<void> {
  network.freeze();
  await pause(milliseconds);
  network.thaw();
}

async function lockRoom({ admin }: Stage, milliseconds: number): Promise<void> {
  await admin.query('BEGIN');
  const { rowCount } = await admin.query('SELECT FROM rooms FOR UPDATE');
  assert.equal(rowCount, 1);
  await pause(milliseconds);
  await admin.query('ROLLBACK');
}

async function connectAdmin(context: CleanupContext, connection: DatabaseConfig): Promise<pg.Client> {
  const admin = new pg.Client(connection);
  admin.on('error', () => undefined);
  await admin.connect();
  context.after(() => admin.end());
  return admin;
}

describe('a database stall', () => {
  for (const rate of [100, 500]) {
    it(`has no effect 10 s later at ${rate} messages a second, and no acknowledged message is lost or duplicated`, {
      timeout: 180_000,
    }, async (context) => {
      // A server of its own: a process that is stopped while it writes the log holds up all databases.
      const { connection, close } = await startPostgres();
      context.after(close);
      const { host, port } = connection;
      const network = await startProxy(host.startsWith('/') ? join(host, `.s.PGSQL.${port}`) : port);
      context.after(() => network.close());
      const proxied = { ...connection, host: '127.0.0.1', port: network.port };
      const settings = { SEND_BURST: '1000000', SEND_PER_SECOND: '1000000' };
      const chatty = await startTestServer(context, settings, proxied);
      const admin = await connectAdmin(context, connection);
      const load = await startSteadyLoad(context, chatty, rate);
      await load.recovered(RECOVERY_MS);
      for (const { what, seconds, hold } of stalls) {
        await hold({ admin, network }, seconds * 1_000);
        const over = performance.now();
        await load.recovered(RECOVERY_MS).catch((error) => {
          throw new Error(`${what} for ${seconds} s: ${error.message}`);
        });
        context.diagnostic(
          `${what} for ${seconds} s: as before after ${Math.round(performance.now() - over)} ms`,
        );
      }
      const read = await load.end();
      const { rows } = await admin.query('SELECT id::int, content FROM messages ORDER BY id');
      assert.deepEqual(rows, read);
    });
  }
});
