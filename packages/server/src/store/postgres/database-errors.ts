/** What an error of the database means: whether waiting helps, whether a batch is worth another try, and its code. */

import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { FailureKind } from './group-commit.js';
import { QUERY_TIMEOUT_MESSAGE } from './pg-internals.js';

/** Errors of a database that is starting, stopping or not reachable yet. Waiting does not help against any other. */
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  // connection_does_not_exist
  '08003',
  // connection_failure
  '08006',
  // admin_shutdown
  '57P01',
  // crash_shutdown
  '57P02',
  // cannot_connect_now
  '57P03',
  // too_many_connections
  '53300',
]);
/** Whether the database may answer when it is asked again. */
export function isTransient(error: unknown): boolean {
  const causes = error instanceof AggregateError ? error.errors : [error];
  return causes.some(
    (cause) =>
      TRANSIENT_CODES.has(String(cause?.code)) ||
      /timeout|connection terminated|not queryable/i.test(String(cause?.message)),
  );
}

/** For the end of a sentence of our own: without a full stop. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(errorMessage).join('; ');
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

/** PostgreSQL's classes of errors (its appendix A) that say a row's values are at fault. 23505 is a race lost to another server. */
const INVALID_VALUE_CODES = /^(21|22|23(?!505)|54)/;
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

/** What a failed flush means: a broken connection or a rival is worth another try, a wrong value is not. */
export function classifyError(error: unknown): FailureKind {
  const cause = error instanceof UnavailableError ? error.cause : error;
  const code = errorCode(cause);
  if (code === LOCK_NOT_AVAILABLE) return 'locked';
  if (code === QUERY_CANCELED || (cause instanceof Error && cause.message === QUERY_TIMEOUT_MESSAGE))
    return 'smaller';
  return code !== undefined && INVALID_VALUE_CODES.test(code) ? 'split' : 'again';
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
