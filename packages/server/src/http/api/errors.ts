/** How the administration reads what it is sent, and how each refusal of it reads: a code, a status, a sentence. */

import type { FastifyRequest } from 'fastify';
import type { Projects } from '../../projects/projects.js';
import type { Done, Made, ProjectRow } from '../../store/project-store.js';
import { Unavailable } from '../../store/store.js';

export const FAULTS = {
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

export class Fault extends Error {
  constructor(
    readonly code: keyof typeof FAULTS,
    message: string,
  ) {
    super(message);
  }
}

export function faultOf(error: Error & { statusCode?: number }): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Unavailable)
    return new Fault('unavailable', 'The database does not answer. Try again shortly.');
  if (error.statusCode === 413) return new Fault('too_large', 'The body is larger than it may be here.');
  if ((error.statusCode ?? 500) < 500)
    return new Fault('invalid', 'The request is not valid JSON, or too large.');
  return new Fault('unavailable', 'The server failed.');
}

/** The record of a project, where it has one. */
export function rowOf(projects: Projects, id: string): ProjectRow {
  return projects.get(id)?.row ?? refuseUnknown(id);
}

export function refuseUnknown(id: string): never {
  throw noProject(id);
}

export function noProject(id: string): Fault {
  return new Fault('not_found', `There is no project "${id}".`);
}

/** What was changed holds on this server when it is answered. */
export async function settle(projects: Projects, outcome: Made | Done, what: string): Promise<void> {
  if (outcome === 'exists') throw new Fault('exists', `${what} exists already.`);
  if (outcome === 'not_found') throw new Fault('not_found', `${what} does not exist.`);
  await projects.refresh();
}

/** Runs before every handler: no database keeps a NUL or half of a character. Bodies are shallow (`acceptJsonBodies`). */
export async function requireText({ body, params, query }: FastifyRequest): Promise<void> {
  if (![body, params, query].every(isText))
    throw new Fault('invalid', 'Text may hold no NUL and no half of a character.');
}

function isText(value: unknown): boolean {
  if (typeof value === 'string') return !/[\0\p{Cs}]/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isText);
  return Object.entries(value).every(([name, each]) => isText(name) && isText(each));
}

export function bodyOf({ body }: FastifyRequest): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new Fault('invalid', 'The body must be an object.');
  return body as Record<string, unknown>;
}

/** What a thing is called: by itself, or as `fallback`. */
export function readName(value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value.trim() === '' || value.length > NAME_LENGTH)
    throw new Fault('invalid', `name must be a string of 1-${NAME_LENGTH} characters.`);
  return value.trim();
}

/**
 * A moment as ISO 8601 in UTC, of the years 1970 to 9999: the database takes others for none.
 * @param latest in milliseconds
 */
export function readMoment(name: string, value: unknown, latest = LAST_MOMENT): string | null {
  if (value === null) return null;
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (!(time >= 0 && time <= LAST_MOMENT))
    throw new Fault('invalid', `${name} must be a moment as 2026-01-31T12:00:00Z.`);
  if (time > latest) throw new Fault('invalid', `${name} must not be in the future.`);
  return new Date(time).toISOString();
}

const NAME_LENGTH = 100;
const LAST_MOMENT = Date.UTC(10_000, 0) - 1;
