/** Validates API input, and defines API errors: code, status and message. */

import type { FastifyRequest } from 'fastify';
import type { Projects } from '../../projects/projects.js';
import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { CreateResult, ProjectRow, UpdateResult } from '../../store/project-store.js';

export const STATUS_BY_CODE = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  exists: 409,
  too_many: 409,
  invalid: 400,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
};

export class ApiError extends Error {
  constructor(
    readonly code: keyof typeof STATUS_BY_CODE,
    message: string,
  ) {
    super(message);
  }
}

export function toApiError(error: Error & { statusCode?: number }): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UnavailableError)
    return new ApiError('unavailable', 'The database does not answer. Try again shortly.');
  if (error.statusCode === 413) return new ApiError('too_large', 'The body is larger than it may be here.');
  if ((error.statusCode ?? 500) < 500)
    return new ApiError('invalid', 'The request is not valid JSON, or too large.');
  return new ApiError('unavailable', 'The server failed.');
}

/** The record of a project, where it has one. */
export function requireProjectRow(projects: Projects, id: string): ProjectRow {
  return projects.get(id)?.row ?? throwProjectNotFound(id);
}

export function throwProjectNotFound(id: string): never {
  throw projectNotFound(id);
}

export function projectNotFound(id: string): ApiError {
  return new ApiError('not_found', `There is no project "${id}".`);
}

/** What was changed holds on this server when it is answered. */
export async function completeChange(
  projects: Projects,
  outcome: CreateResult | UpdateResult,
  subject: string,
): Promise<void> {
  if (outcome === 'exists') throw new ApiError('exists', `${subject} exists already.`);
  if (outcome === 'not_found') throw new ApiError('not_found', `${subject} does not exist.`);
  await projects.refresh();
}

/** Runs before every handler: no database keeps a NUL or half of a character. Bodies are shallow (`acceptJsonBodies`). */
export async function rejectInvalidUnicode({ body, params, query }: FastifyRequest): Promise<void> {
  if (![body, params, query].every(hasValidUnicode))
    throw new ApiError('invalid', 'Text may hold no NUL and no half of a character.');
}

function hasValidUnicode(value: unknown): boolean {
  if (typeof value === 'string') return !/[\0\p{Cs}]/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(hasValidUnicode);
  return Object.entries(value).every(([name, item]) => hasValidUnicode(name) && hasValidUnicode(item));
}

export function jsonBodyOf({ body }: FastifyRequest): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new ApiError('invalid', 'The body must be an object.');
  return body as Record<string, unknown>;
}

/** What a thing is called: by itself, or as `fallback`. */
export function parseName(value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_NAME_LENGTH)
    throw new ApiError('invalid', `name must be a string of 1-${MAX_NAME_LENGTH} characters.`);
  return value.trim();
}

/**
 * A moment as ISO 8601 in UTC, of the years 1970 to 9999: the database takes others for none.
 * @param latestMs in milliseconds
 */
export function parseTimestamp(name: string, value: unknown, latestMs = MAX_TIMESTAMP_MS): string | null {
  if (value === null) return null;
  const timestampMs =
    typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (!(timestampMs >= 0 && timestampMs <= MAX_TIMESTAMP_MS))
    throw new ApiError('invalid', `${name} must be a moment as 2026-01-31T12:00:00Z.`);
  if (timestampMs > latestMs) throw new ApiError('invalid', `${name} must not be in the future.`);
  return new Date(timestampMs).toISOString();
}

const MAX_NAME_LENGTH = 100;
const MAX_TIMESTAMP_MS = Date.UTC(10_000, 0) - 1;
