/**
 * Brings a database to the schema this server needs: numbered SQL files, forward only, one server at a time.
 * Migrations are for tables; functions have one current text each in functions/*.sql (database-functions.ts).
 */

import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { StartError } from '../../runtime/startup-error.js';
import type { DatabaseConfig } from '../database-config.js';
import { errorMessage, isTransient } from './database-errors.js';
import { applyFunctions } from './database-functions.js';
import { DISABLE_JIT } from './planner-settings.js';
import { renewRestoredRooms } from './restore-detection.js';
import { prepareRole } from './row-level-security.js';

const MIGRATIONS_URL = new URL('./migrations/', import.meta.url);
/** Key of the advisory lock that keeps two servers from migrating at once; any constant of ours would do. */
const MIGRATION_LOCK_KEY = 4_027_118;
const LOCK_TIMEOUT_MS = 60_000;

const RETRY_DELAY_MS = 250;

/**
 * Waits for the database, refuses one that could lose acknowledged messages, and runs the migrations it lacks.
 * @param waitSeconds longest wait for the first connection
 * @returns the names of the migrations that ran
 * @throws StartError with one sentence for the person who starts the server
 */
export async function migrate(
  config: DatabaseConfig,
  waitSeconds: number,
  progress: (sentence: string) => void,
): Promise<string[]> {
  const deadline = performance.now() + waitSeconds * 1_000;
  for (;;) {
    try {
      return await migrateOnce(config, waitSeconds, progress);
    } catch (error) {
      // A broken connection rolls back the step it was in; the steps before it are not repeated.
      if (performance.now() >= deadline || !(error instanceof Error && isTransient(error.cause))) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    }
  }
}

async function migrateOnce(
  config: DatabaseConfig,
  waitSeconds: number,
  progress: (sentence: string) => void,
): Promise<string[]> {
  const client = await connect(config, waitSeconds, progress);
  try {
    await requireDurability(client);
    await client.query(`${DISABLE_JIT}; SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_KEY]);
    const appliedNames = await applyMissing(client, progress);
    await applyFunctions(client, progress);
    const renewed = await renewRestoredRooms(client);
    if (renewed > 0)
      progress(
        `The database was restored from a backup: readers of ${renewed} rooms begin again with what it holds.`,
      );
    await prepareRole(client);
    return appliedNames;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The database could not be prepared: ${errorMessage(error)}.`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function connect(config: DatabaseConfig, waitSeconds: number, progress: (sentence: string) => void) {
  const address = `${config.host}:${config.port}`;
  const deadline = performance.now() + waitSeconds * 1_000;
  for (let attempt = 0; ; attempt += 1) {
    const client = new pg.Client({
      ...config,
      application_name: 'chatty migrate',
      connectionTimeoutMillis: 5_000,
    });
    // A connection that breaks later is reported by the query it breaks.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isTransient(error))
        throw new StartError(`The database at ${address} refused: ${errorMessage(error)}.`, { cause: error });
      if (performance.now() >= deadline) {
        throw new StartError(
          `No database answered at ${address} within ${waitSeconds} s: ${errorMessage(error)}.`,
          { cause: error },
        );
      }
      if (attempt % 5 === 0) progress(`Waiting for the database at ${address} (${errorMessage(error)}).`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, deadline - performance.now() + 1)));
    }
  }
}

/** R1: an acknowledgement means durable, so a database that may forget a COMMIT is refused. */
async function requireDurability(client: pg.Client): Promise<void> {
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    if (rows[0]?.value === 'off') {
      throw new StartError(
        `The database runs with ${name} = off and could lose acknowledged messages: turn it on.`,
      );
    }
  }
}

async function applyMissing(client: pg.Client, progress: (sentence: string) => void): Promise<string[]> {
  await client.query(
    'CREATE TABLE IF NOT EXISTS chatty_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM chatty_migrations');
  const applied = new Set(rows.map((row) => row.name));
  const files = (await readdir(MIGRATIONS_URL)).filter((name) => /^\d{4}_\w+\.sql$/.test(name)).sort();
  const missing = files.filter((name) => !applied.has(name));
  for (const name of missing) {
    progress(`Database schema: ${name}`);
    await applyMigration(client, name, await readFile(new URL(name, MIGRATIONS_URL), 'utf8'));
  }
  return missing;
}

async function applyMigration(client: pg.Client, name: string, sql: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO chatty_migrations (name) VALUES ($1)', [name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new StartError(`The schema change ${name} failed and was undone: ${errorMessage(error)}.`, {
      cause: error,
    });
  }
}
