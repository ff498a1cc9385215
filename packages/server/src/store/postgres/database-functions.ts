/** Keeps the database functions at the texts of functions/*.sql: applies those whose text differs from the database's. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { StartError } from '../../runtime/startup-error.js';
import { errorMessage } from './database-errors.js';

const FUNCTIONS_URL = new URL('./functions/', import.meta.url);

/**
 * Raise it with every change of a function. A server of an older release, which restarts during a rolling upgrade, leaves
 * functions of a newer version as they are.
 */
export const FUNCTIONS_VERSION = 1;

const SELECT_APPLIED = 'SELECT name, hash, version FROM chatty_functions';
/** Functions call each other and are applied in alphabetical order, so a body may name one that does not exist yet. */
const BEGIN_UNCHECKED = 'BEGIN; SET LOCAL check_function_bodies = off';
const RECORD_APPLIED = `INSERT INTO chatty_functions (name, hash, version) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, version = excluded.version, applied_at = now()`;

type FunctionFile = { name: string; sql: string; hash: string };
type AppliedRow = { name: string; hash: string; version: number };

/**
 * To be called after the migrations and under their lock: functions use the tables' current columns.
 * @returns the names of the functions that were applied
 */
export async function applyFunctions(
  client: pg.Client,
  progress: (sentence: string) => void,
): Promise<string[]> {
  const { rows } = await client.query<AppliedRow>(SELECT_APPLIED);
  if (rows.some(({ version }) => version > FUNCTIONS_VERSION)) return [];
  const appliedHashes = new Map(rows.map(({ name, hash }) => [name, hash]));
  const changed = (await readFunctionFiles()).filter(({ name, hash }) => appliedHashes.get(name) !== hash);
  if (changed.length === 0) return [];
  progress(`Database functions: ${changed.length} to update`);
  await applyInOneTransaction(client, changed);
  return changed.map(({ name }) => name);
}

export async function readFunctionFiles(): Promise<FunctionFile[]> {
  const fileNames = (await readdir(FUNCTIONS_URL)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    fileNames.map(async (fileName) => {
      const sql = await readFile(new URL(fileName, FUNCTIONS_URL), 'utf8');
      return { name: fileName.slice(0, -'.sql'.length), sql, hash: sha256(sql) };
    }),
  );
}

async function applyInOneTransaction(client: pg.Client, files: readonly FunctionFile[]): Promise<void> {
  await client.query(BEGIN_UNCHECKED);
  let current = '';
  try {
    for (const { name, sql, hash } of files) {
      current = name;
      await client.query(sql);
      await client.query(RECORD_APPLIED, [name, hash, FUNCTIONS_VERSION]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new StartError(
      `The database function ${current} could not be updated, and all were left as they were: ${errorMessage(error)}.`,
      { cause: error },
    );
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
