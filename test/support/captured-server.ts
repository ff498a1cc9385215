/** A chat server with an administration, whose log is kept line by line, and what its database holds, as text. */

import type { TestContext } from 'node:test';
import { createLog, readConfig, startApp } from '@chatty/server';
import pg from 'pg';
import { KEY_SETTINGS } from './projects.js';
import { createEmptyDatabase, SECRET } from './server.js';

export async function startCapturedServer(context: TestContext, settings: Record<string, string> = {}) {
  const connection = await createEmptyDatabase(context);
  const lines: string[] = [];
  const read = readConfig({
    ...KEY_SETTINGS,
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: SECRET,
    DB_HOST: connection.host,
    DB_PORT: String(connection.port),
    POSTGRES_USER: connection.user,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DB: connection.database,
    ...settings,
  });
  if (!read.ok) throw new Error(read.errors.join());
  const log = createLog('trace', { write: (line: string) => void lines.push(...line.trimEnd().split('\n')) });
  const app = await startApp({
    config: read.config,
    log,
    progress: (line) => void lines.push(JSON.stringify({ line })),
  });
  context.after(() => app.close());
  return { url: `http://127.0.0.1:${app.port}`, app, connection, lines };
}

/** Every row of every table, as text. */
export async function dumpDatabaseAsText(connection: pg.ClientConfig): Promise<string> {
  const client = new pg.Client(connection);
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  let text = '';
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    text += rows.map(({ row }) => `${name} ${row}\n`).join('');
  }
  await client.end();
  return text;
}
