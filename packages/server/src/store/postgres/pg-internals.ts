/** The undocumented parts of `pg` that the server uses, in one place; a start fails if a release of `pg` lacks one of them. */

import pg from 'pg';
import { StartError } from '../../runtime/startup-error.js';

/** As in package.json; the version these parts were verified with. */
const EXPECTED_VERSION = '8.23.1';

/** Message of the error of a query that exceeds `query_timeout`; it has no code. */
export const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

type Methods = { prototype: object };
type UndocumentedQuery = pg.Query & { handleCommandComplete(...values: unknown[]): void };

/** @throws StartError naming the missing part and the expected version */
export function assertPgInternals(library: { Query: Methods; Connection: Methods } = pg): void {
  const required: [string, Methods, string[]][] = [
    ['Query', library.Query, ['submit', 'handleCommandComplete']],
    ['Connection', library.Connection, ['bind', 'execute']],
  ];
  for (const [className, { prototype }, methods] of required)
    for (const method of methods)
      if (typeof Reflect.get(prototype, method) !== 'function')
        throw new StartError(
          `The installed package pg has no ${className}.${method}: this server needs pg ${EXPECTED_VERSION}. Run "npm ci".`,
        );
}

/**
 * A query preceded by the execution of a prepared statement that returns no rows, in one round trip and one transaction:
 * PostgreSQL treats all messages up to a Sync as one transaction (protocol, "Extended Query").
 * @param first name and values of the prepared statement; the connection must have prepared it
 */
export function queryAfterPrepared(
  first: { name: string; values: string[] },
  query: pg.QueryConfig,
): pg.QueryConfig {
  const submittable = new pg.Query(query) as UndocumentedQuery;
  const submit = submittable.submit.bind(submittable);
  const handleCommandComplete = submittable.handleCommandComplete.bind(submittable);
  submittable.submit = (connection) => {
    connection.stream.cork();
    connection.bind({ statement: first.name, values: first.values }, true);
    connection.execute({}, true);
    const error = submit(connection);
    connection.stream.uncork();
    return error;
  };
  // The first completion is that of the prepared statement; the next ones are the query's own.
  submittable.handleCommandComplete = () => {
    submittable.handleCommandComplete = handleCommandComplete;
  };
  // A client accepts a Query in place of its configuration and answers alike.
  return submittable as unknown as pg.QueryConfig;
}
