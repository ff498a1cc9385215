/** What the stories stand on: a database each, a chat server in this process, plain Socket.IO clients, conditions to wait for. */

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { TestContext } from 'node:test';
import { startEmbeddedPostgres } from '@chatty/embedded-postgres';
import type { EmbeddedPostgres } from '@chatty/embedded-postgres/testing';
import type { Message, SendAnswer } from '@chatty/protocol';
import { createLog, type Environment, readConfig, startApp } from '@chatty/server';
import type { App, DatabaseConfig } from '@chatty/server/testing';
import { createToken, type TokenOptions } from '@chatty/token';
import pg from 'pg';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket } from 'ws';

// Our own client finds here what it finds in a browser; Node 20 has none.
Object.assign(globalThis, { WebSocket });

export const SECRET = 'a-secret-of-the-tests-with-enough-bytes';

/**
 * A token, or its first part: in base64url `{"`, and `alg` or `typ` behind it, or as many letters and a dot. Random ids of
 * the same letters begin so now and then, but hold no dot.
 */
export const TOKEN = /eyJ(?:hbGciOi|0eXAiOi)|eyJ[A-Za-z0-9_-]{10,}\./;

/** What was told or kept that opens something. The file fails by it; a failing hook would keep the others from running. */
const connectionLeaks: string[] = [];
process.once('exit', () => {
  if (connectionLeaks.length === 0) return;
  process.stderr.write(`${connectionLeaks.slice(0, 5).join('\n')}\n`);
  process.exitCode = 1;
});

export type CleanupContext = Pick<TestContext, 'after'>;

/** A folder PostgreSQL's user can pass into. Gone when the tests of the file have ended, and so all that runs in it. */
export function createTemporaryFolder(): string {
  const folder = mkdtempSync(joinPath(tmpdir(), 'chatty-'));
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A database of its own with the current schema, on the server that `npm test` started, or on one started here. */
export const createTestDatabase = (context: CleanupContext): Promise<DatabaseConfig> =>
  createDatabase(context, process.env.CHATTY_TEST_TEMPLATE);

/** The same without any table, for tests of the migrations. */
export const createEmptyDatabase = (context: CleanupContext): Promise<DatabaseConfig> =>
  createDatabase(context, undefined);

async function createDatabase(context: CleanupContext, template?: string): Promise<DatabaseConfig> {
  const given = process.env.CHATTY_TEST_DATABASE;
  const server = given ? (JSON.parse(given) as DatabaseConfig) : await startDatabaseServer(context);
  const database = `test_${randomBytes(6).toString('hex')}`;
  const copied = given && template ? ` TEMPLATE ${template}` : '';
  await queryMaintenanceDatabase(server, `CREATE DATABASE ${database}${copied}`);
  context.after(async () => {
    connectionLeaks.push(...(await findConnectionLeaks({ ...server, database })));
    await queryMaintenanceDatabase(server, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  });
  return { ...server, database };
}

/** Tables that hold something of the shape of a token: whatever a test does, none may (J13). */
async function findConnectionLeaks(connection: DatabaseConfig): Promise<string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    // Whoever still holds a lock; the database is about to go anyway.
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    const { rows } = await client.query<{ name: string }>(
      "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const told: string[] = [];
    for (const { name } of rows) {
      const { rowCount } = await client.query(
        `SELECT 1 FROM ${name} t WHERE t::text ~ '${TOKEN.source}' LIMIT 1`,
      );
      if (rowCount) told.push(`there is a token in ${name}`);
    }
    return told;
  } finally {
    await client.end();
  }
}

async function startDatabaseServer(context: CleanupContext): Promise<DatabaseConfig> {
  const { connection, close } = await startPostgres();
  context.after(close);
  return connection;
}

/** A PostgreSQL of one's own: the embedded one, or the installed one where `npm test` runs the stories on that. */
export function startPostgres(folder = createTemporaryFolder()): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    folder,
    log: () => undefined,
    binariesFolder: process.env.CHATTY_TEST_POSTGRES,
  });
}

async function queryMaintenanceDatabase(connection: DatabaseConfig, sql: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

export type TestServer = { url: string; app: App; connection: DatabaseConfig };

/** A chat server on a free port; `settings` are environment variables over the tests' own. */
export async function startTestServer(
  context: CleanupContext,
  settings: Environment = {},
  database?: DatabaseConfig,
): Promise<TestServer> {
  const connection = database ?? (await createTestDatabase(context));
  const read = readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    JWT_SECRET: SECRET,
    LOG_LEVEL: 'silent',
    DB_HOST: connection.host,
    DB_PORT: String(connection.port),
    POSTGRES_USER: connection.user,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DB: connection.database,
    ...settings,
  });
  if (!read.ok) throw new Error(read.errors.join('\n'));
  // All of it is listened to: whatever a test does, nothing that opens something may be told (J12, J13).
  const write = (line: string) => {
    if (TOKEN.test(line) || line.includes(SECRET)) connectionLeaks.push(`the log tells ${line}`);
  };
  const log = createLog('trace', { write });
  const app = await startApp({ config: read.config, log, progress: () => undefined });
  context.after(() => app.close());
  return { url: `http://127.0.0.1:${app.port}`, app, connection };
}

export function createTestToken(username: string, options: Partial<TokenOptions> = {}): string {
  return createToken({ secret: SECRET, projectId: 'kimpga', username, ...options });
}

/** Good for as long as any story takes, on a server too whose clock is an hour off. */
export const createLongLivedToken = (name: string, projectId: string) =>
  createTestToken(name, { projectId, now: Date.now() - 7_200_000, expiresIn: 86_400 });

/** A plain client with default options (long polling first, then WebSocket), which collects what it receives. */
export class TestClient {
  readonly socket: Socket;
  readonly history: Message[][] = [];
  readonly messages: Message[] = [];

  constructor(
    url: string,
    auth: Record<string, unknown>,
    options: Partial<ManagerOptions & SocketOptions> = {},
  ) {
    this.socket = io(url, {
      auth,
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      ...options,
    });
    this.socket.on('history', (messages: Message[]) => this.history.push(messages));
    this.socket.on('chat message', (message: Message) => this.messages.push(message));
  }

  get contents(): string[] {
    return this.messages.map(({ content }) => content);
  }

  send(...values: unknown[]): Promise<SendAnswer> {
    return this.socket.timeout(8_000).emitWithAck('chat message', ...values);
  }
}

/** Connects and waits for the history. */
export async function connectClient(
  context: CleanupContext,
  url: string,
  token: string,
  options?: Partial<ManagerOptions & SocketOptions>,
): Promise<TestClient> {
  const visitor = new TestClient(url, { token }, options);
  context.after(() => visitor.socket.disconnect());
  await waitUntil(() => visitor.history.length > 0, 'history');
  return visitor;
}

/** The `connect_error` of a connection that must be refused. */
export function connectExpectingRefusal(
  context: CleanupContext,
  url: string,
  auth: Record<string, unknown>,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Error & { data?: { code?: string } }> {
  const visitor = new TestClient(url, auth, { ...options, reconnection: false });
  context.after(() => visitor.socket.disconnect());
  return new Promise((resolve, reject) => {
    visitor.socket.once('connect_error', resolve);
    visitor.socket.once('connect', () => reject(new Error('was let in')));
  });
}

/** Resolves when the condition holds; fails after `patience` milliseconds, naming what was waited for. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patience = 15_000,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The message of an answer that must be a success. */
export function assertStored(answer: SendAnswer): Message {
  if (!answer.ok) throw new Error(`refused: ${answer.code}`);
  return answer.message;
}
