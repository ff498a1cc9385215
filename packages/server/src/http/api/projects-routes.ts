/** Routes that create, list and change projects, and invalidate their tokens. */

import { isUserId, MAX_CLOCK_SKEW_SECONDS, MAX_USER_ID_LENGTH, PROJECT_ID_PATTERN } from '@chatty/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOrigin } from '../../config/config.js';
import { createTokenBuckets } from '../../limits/token-bucket.js';
import { parseProjectSettings } from '../../projects/project-settings.js';
import type { Projects } from '../../projects/projects.js';
import { wallTime } from '../../runtime/clocks.js';
import type { ProjectRecords, ProjectRow } from '../../store/project-store.js';
import { ALLOW_PROJECT_KEY, type ApiAuth } from './authenticate.js';
import {
  ApiError,
  completeChange,
  jsonBodyOf,
  parseName,
  parseTimestamp,
  requireProjectRow,
  throwProjectNotFound,
} from './errors.js';
import { WORD_LIST_BODY_BYTES } from './word-filter-routes.js';

type ProjectParams = { id: string };
type ProjectInput = { name?: string; origins?: string[]; settings?: Record<string, unknown> };

const MAX_ORIGINS = 100;
/** Cut-offs that one project may have: each server remembers them all. */
const MAX_CUTOFFS = 10_000;
/** Bytes that a project's key may write into the audit log by changing settings: 20 of the longest lists, then one every 6 s. */
const KEY_AUDIT_BYTES_RATE = { burst: 4_000_000, perSecond: 16_000 };
/** Projects that one request is answered with at most. */
const MAX_PROJECTS_PER_PAGE = 1_000;
/** Settings that a project key may change: those of moderation. The operator alone changes access, roles and limits. */
const KEY_EDITABLE_SETTINGS: ReadonlySet<string> = new Set([
  'words',
  'wordAction',
  'reservedNames',
  'lookAlikes',
]);

export function registerProjectRoutes(
  api: FastifyInstance,
  options: { apiAuth: ApiAuth; records: ProjectRecords; projects: Projects; now?: () => number },
): void {
  const { apiAuth, records, projects, now = wallTime } = options;
  const auditByteBuckets = createTokenBuckets({ ...KEY_AUDIT_BYTES_RATE });
  const actorOf = (request: FastifyRequest) => apiAuth.callerOf(request).actor;

  async function createProject(request: FastifyRequest, reply: FastifyReply) {
    const body = jsonBodyOf(request);
    const { id } = body;
    if (typeof id !== 'string' || !PROJECT_ID_PATTERN.test(id))
      throw new ApiError('invalid', 'id must be 1-64 of a-z 0-9 . _ - and begin with a letter or digit.');
    const input = parseProjectInput(body);
    const project = { id, name: id, origins: [], ...input, settings: omitNulls(input.settings ?? {}) };
    await completeChange(projects, await records.create(project, actorOf(request)), `The project "${id}"`);
    reply.code(201);
    return toPublicProject(requireProjectRow(projects, id));
  }

  async function updateProject(request: FastifyRequest<{ Params: ProjectParams }>) {
    const input = parseProjectInput(jsonBodyOf(request));
    const { project, actor } = apiAuth.callerOf(request);
    if (project !== null) requireKeyEditable(input);
    const row = (await records.find(request.params.id)) ?? throwProjectNotFound(request.params.id);
    const settings = omitNulls({ ...row.settings, ...input.settings });
    const updatedRow = { ...row, ...input, settings };
    const changes = auditDiffOf(row, updatedRow);
    // Nobody may take an entry out of the log again.
    if (project !== null && auditByteBuckets.take(actor.id, Buffer.byteLength(JSON.stringify(changes))) > 0)
      throw new ApiError('rate_limited', 'Too many changes with this key. Wait a minute.');
    const outcome = await records.update(updatedRow, changes, actor);
    await completeChange(projects, outcome, `The project "${row.id}"`);
    return toPublicProject(requireProjectRow(projects, row.id));
  }

  function parseUserId(userId: unknown = ''): string {
    if (userId === '' || isUserId(userId)) return userId;
    throw new ApiError(
      'invalid',
      `userId must be a string of at most ${MAX_USER_ID_LENGTH} without controls.`,
    );
  }

  /** Not of the future: tokens that are yet to be issued would be worth nothing either. */
  async function setCutoff(request: FastifyRequest<{ Params: ProjectParams }>) {
    const { id } = request.params;
    const time = now();
    const { userId: givenUserId, before = new Date(time).toISOString() } = jsonBodyOf(request);
    const userId = parseUserId(givenUserId);
    const cutoffTime = parseTimestamp('before', before, time + MAX_CLOCK_SKEW_SECONDS * 1_000);
    if (cutoffTime === null)
      throw new ApiError('invalid', 'before must be a moment as 2026-01-31T12:00:00Z.');
    const { cutoffs } = requireProjectRow(projects, id);
    if (cutoffs.length >= MAX_CUTOFFS && !cutoffs.some((known) => known.userId === userId))
      throw new ApiError(
        'too_many',
        `The project has ${MAX_CUTOFFS} cut-offs: set one for everybody instead.`,
      );
    await completeChange(
      projects,
      await records.setCutoff(id, userId, cutoffTime, actorOf(request)),
      `The project "${id}"`,
    );
    return { userId: userId || null, before: cutoffTime };
  }

  async function removeCutoff(request: FastifyRequest<{ Params: ProjectParams }>) {
    const { id } = request.params;
    requireProjectRow(projects, id);
    const userId = parseUserId((request.query as Record<string, unknown>).userId);
    const outcome = await records.removeCutoff(id, userId, actorOf(request));
    await projects.refresh();
    return { userId: userId || null, removed: outcome === 'done' };
  }

  async function listProjects(request: FastifyRequest) {
    const { after = '', limit } = request.query as Record<string, unknown>;
    if (typeof after !== 'string') throw new ApiError('invalid', 'after must be the id of a project.');
    const pageSize = limit === undefined ? MAX_PROJECTS_PER_PAGE : Number(limit);
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PROJECTS_PER_PAGE)
      throw new ApiError('invalid', `limit must be a whole number of 1-${MAX_PROJECTS_PER_PAGE}.`);
    // One more than is shown tells whether there are more.
    const rows = await records.listAfter(after, pageSize + 1);
    const page = rows.slice(0, pageSize);
    return {
      projects: page.map(toPublicProject),
      next: rows.length > pageSize ? (page.at(-1)?.id ?? null) : null,
    };
  }

  async function getProject(request: FastifyRequest<{ Params: ProjectParams }>) {
    const { id } = request.params;
    return toPublicProject((await records.find(id)) ?? throwProjectNotFound(id));
  }

  api.get('/projects', listProjects);
  api.get('/projects/:id', ALLOW_PROJECT_KEY, getProject);
  api.post('/projects', { bodyLimit: WORD_LIST_BODY_BYTES }, createProject);
  api.patch('/projects/:id', { ...ALLOW_PROJECT_KEY, bodyLimit: WORD_LIST_BODY_BYTES }, updateProject);
  api.post('/projects/:id/cutoffs', ALLOW_PROJECT_KEY, setCutoff);
  // The operator's alone: what a key that leaked has cut off, it cannot bring back, nor what was cut off because of it.
  api.delete('/projects/:id/cutoffs', removeCutoff);
}

/** As the administration shows it: a secret and a key by their names and times only. */
export function toPublicProject({ secrets, keys, ...project }: ProjectRow) {
  return {
    ...project,
    secrets: secrets.map(({ sealed: _, ...secret }) => secret),
    keys: keys.map(({ hash: _, ...key }) => key),
  };
}

function requireKeyEditable({ origins, settings = {} }: ProjectInput): void {
  const operatorOnlyNames = Object.keys(settings).filter((name) => !KEY_EDITABLE_SETTINGS.has(name));
  if (origins !== undefined) operatorOnlyNames.push('origins');
  if (operatorOnlyNames.length > 0)
    throw new ApiError(
      'forbidden',
      `This takes the admin key of the server: ${operatorOnlyNames.join(', ')}.`,
    );
}

/** What the log keeps of a change: only what it changed, as a list of words can be long. */
function auditDiffOf(before: ProjectRow, after: ProjectRow): { before: object; after: object } {
  const names = Object.keys({ ...before.settings, ...after.settings });
  const changed = names.filter((name) => !isJsonEqual(before.settings[name], after.settings[name]));
  const changedFieldsOf = ({ name, origins, settings }: ProjectRow) => ({
    ...(before.name !== after.name && { name }),
    ...(!isJsonEqual(before.origins, after.origins) && { origins }),
    ...(changed.length > 0 && {
      settings: Object.fromEntries(
        changed.map((settingName) => [settingName, settings[settingName] ?? null]),
      ),
    }),
  });
  return { before: changedFieldsOf(before), after: changedFieldsOf(after) };
}

function isJsonEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Null takes a setting back to its default. */
function omitNulls(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function parseProjectInput({ name, origins, settings }: Record<string, unknown>): ProjectInput {
  const input: ProjectInput = {};
  if (name !== undefined) input.name = parseName(name, '');
  if (origins !== undefined) {
    const list = Array.isArray(origins) ? origins : [null];
    const invalidOrigin = list.find((origin) => typeof origin !== 'string' || !isOrigin(origin));
    if (invalidOrigin !== undefined || list.length > MAX_ORIGINS)
      throw new ApiError(
        'invalid',
        `origins must be at most ${MAX_ORIGINS} as https://kimpga.com, without a path; ${JSON.stringify(invalidOrigin)} is none.`,
      );
    input.origins = [...new Set(list as string[])];
  }
  if (settings !== undefined) {
    const result = parseProjectSettings(settings);
    if (!result.ok) throw new ApiError('invalid', result.errors.join(' '));
    input.settings = { ...(settings as object), ...result.settings };
  }
  return input;
}
