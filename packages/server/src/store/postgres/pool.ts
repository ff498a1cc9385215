/** How the database is asked: named statements over bounded pools, and what its failures mean. */

import pg from 'pg';
import type { Log } from '../../runtime/logger.js';
import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { DatabaseConfig } from '../database-config.js';
import { errorCode } from './database-errors.js';
import { assumeRole, scopeToProjects } from './row-level-security.js';

export type Statement = { name: string; text: string };
/** The first value is the project that the statement is for, or are the projects: it sees rows of no other (wall.ts). */
export type Query = <Row extends pg.QueryResultRow>(
  statement: Statement,
  values: unknown[],
) => Promise<Row[]>;

/** Bounds of R13 in milliseconds: nobody waits longer than a visitor would. */
const CONNECT_TIMEOUT_MS = 2_000;
const LOCK_TIMEOUT_MS = 1_000;
const STATEMENT_TIMEOUT_MS = 2_500;
const QUERY_TIMEOUT_MS = 3_000;
/** Queries that may wait for a connection. */
const MAX_WAITING_QUERIES = 1_000;

const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    // Ids and positions stay far below 2^53, so they travel as numbers.
    if (oid === INT8_OID) return Number;
    return oid === TIMESTAMPTZ_OID ? createTimestampParser() : pg.types.getTypeParser(oid, format as 'text');
  },
};

/** Moments travel as on the wire, ISO 8601 in UTC. The rows of a flush share one, so it is not read again for each. */
function createTimestampParser(): (text: string) => string {
  const toDate = pg.types.getTypeParser(TIMESTAMPTZ_OID) as (text: string) => Date;
  let last = { text: '', isoTimestamp: '' };
  return (text) => {
    if (text !== last.text) last = { text, isoTimestamp: toDate(text).toISOString() };
    return last.isoTimestamp;
  };
}

/**
 * @param purpose shown in the database's list of connections
 * @param maxConnections most connections
 * @param timeoutMs longest wait for a connection or an answer in milliseconds, where it is shorter than that of all
 */
export function openPool(
  config: DatabaseConfig,
  purpose: string,
  maxConnections: number,
  log: Log,
  timeoutMs = Number.POSITIVE_INFINITY,
): pg.Pool {
  let hasWarned = false;
  const pool = new pg.Pool({
    ...config,
    max: maxConnections,
    // Whoever writes first after a quiet time does not wait for a connection.
    min: 1,
    types,
    application_name: `chatty ${purpose}`,
    onConnect: async (client) => {
      if ((await assumeRole(client)) || hasWarned) return;
      hasWarned = true;
      log.warn({ user: config.user }, 'row-level security does not hold the database user');
    },
    keepAlive: true,
    connectionTimeoutMillis: Math.min(timeoutMs, CONNECT_TIMEOUT_MS),
    statement_timeout: Math.min(timeoutMs, STATEMENT_TIMEOUT_MS),
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: Math.min(timeoutMs, QUERY_TIMEOUT_MS),
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a database connection broke'));
  return pool;
}

/** Every failure becomes `Unavailable` with its cause, and is logged at `level`. A result means that the statement's transaction is committed. */
export function createQuery(pool: pg.Pool, log: Log, level: 'warn' | 'debug' = 'warn'): Query {
  return async (statement, values) => {
    if (pool.waitingCount >= MAX_WAITING_QUERIES) throw new UnavailableError('too many queries wait');
    try {
      // The driver resolves at ReadyForQuery, which PostgreSQL sends after COMMIT (protocol, "Extended Query"): R1.
      return (await pool.query(scopeToProjects(statement, values))).rows;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log[level](
        { statement: statement.name, code: errorCode(error), reason },
        'the database did not answer',
      );
      throw new UnavailableError(reason, { cause: error });
    }
  };
}
