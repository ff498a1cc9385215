/** What the administration does to projects: made, shown, changed, and tokens of theirs taken back. */

import { CLOCK_SKEW_SECONDS, PROJECT_ID, USER_ID_LENGTH } from '@chatty/protocol/sizes';
import { isUserId } from '@chatty/protocol/validate';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOrigin } from '../../config/config.js';
import { createLimit } from '../../limits/token-bucket.js';
import { readSettings } from '../../projects/project-settings.js';
import type { Projects } from '../../projects/projects.js';
import { wallTime } from '../../runtime/clocks.js';
import type { ProjectRecords, ProjectRow } from '../../store/project-store.js';
import { type Door, FOR_KEYS } from './authenticate.js';
import { bodyOf, Fault, readMoment, readName, refuseUnknown, rowOf, settle } from './errors.js';
import { LIST_BYTES } from './word-filter-routes.js';

type Place = { id: string };
type Given = { name?: string; origins?: string[]; settings?: Record<string, unknown> };

const ORIGINS = 100;
/** Cut-offs that one project may have: each server remembers them all. */
const CUT_OFFS = 10_000;
/** Bytes that a project's key may write into the audit log by changing settings: 20 of the longest lists, then one every 6 s. */
const LOGGED_BY_KEY = { burst: 4_000_000, perSecond: 16_000 };
/** Projects that one request is answered with at most. */
const MOST_LISTED = 1_000;
/** What a project's own key may set: how its talk is kept clean. All else (who gets in, as what, how much) is the operator's. */
const SETTINGS_FOR_KEYS: ReadonlySet<string> = new Set([
  'words',
  'wordAction',
  'reservedNames',
  'lookAlikes',
]);

export function openProjects(
  api: FastifyInstance,
  options: { door: Door; records: ProjectRecords; projects: Projects; now?: () => number },
): void {
  const { door, records, projects, now = wallTime } = options;
  const logged = createLimit({ ...LOGGED_BY_KEY });
  const byOf = (request: FastifyRequest) => door.callerOf(request).actor;

  async function create(request: FastifyRequest, reply: FastifyReply) {
    const body = bodyOf(request);
    const { id } = body;
    if (typeof id !== 'string' || !PROJECT_ID.test(id))
      throw new Fault('invalid', 'id must be 1-64 of a-z 0-9 . _ - and begin with a letter or digit.');
    const given = readProject(body);
    const project = { id, name: id, origins: [], ...given, settings: withoutNull(given.settings ?? {}) };
    await settle(projects, await records.create(project, byOf(request)), `The project "${id}"`);
    reply.code(201);
    return shown(rowOf(projects, id));
  }

  async function change(request: FastifyRequest<{ Params: Place }>) {
    const given = readProject(bodyOf(request));
    const { project, actor } = door.callerOf(request);
    if (project !== null) requireOwn(given);
    const row = (await records.one(request.params.id)) ?? refuseUnknown(request.params.id);
    const settings = withoutNull({ ...row.settings, ...given.settings });
    const next = { ...row, ...given, settings };
    const changes = changesOf(row, next);
    // Nobody may take an entry out of the log again.
    if (project !== null && logged.take(actor.id, Buffer.byteLength(JSON.stringify(changes))) > 0)
      throw new Fault('rate_limited', 'Too many changes with this key. Wait a minute.');
    const done = await records.change(next, changes, actor);
    await settle(projects, done, `The project "${row.id}"`);
    return shown(rowOf(projects, row.id));
  }

  function readUser(userId: unknown = ''): string {
    if (userId === '' || isUserId(userId)) return userId;
    throw new Fault('invalid', `userId must be a string of at most ${USER_ID_LENGTH} without controls.`);
  }

  /** Not of the future: tokens that are yet to be issued would be worth nothing either. */
  async function cutOff(request: FastifyRequest<{ Params: Place }>) {
    const { id } = request.params;
    const time = now();
    const { userId: given, before = new Date(time).toISOString() } = bodyOf(request);
    const userId = readUser(given);
    const moment = readMoment('before', before, time + CLOCK_SKEW_SECONDS * 1_000);
    if (moment === null) throw new Fault('invalid', 'before must be a moment as 2026-01-31T12:00:00Z.');
    const { cutoffs } = rowOf(projects, id);
    if (cutoffs.length >= CUT_OFFS && !cutoffs.some((known) => known.userId === userId))
      throw new Fault('too_many', `The project has ${CUT_OFFS} cut-offs: set one for everybody instead.`);
    await settle(projects, await records.cutOff(id, userId, moment, byOf(request)), `The project "${id}"`);
    return { userId: userId || null, before: moment };
  }

  async function removeCutOff(request: FastifyRequest<{ Params: Place }>) {
    const { id } = request.params;
    rowOf(projects, id);
    const userId = readUser((request.query as Record<string, unknown>).userId);
    const done = await records.removeCutOff(id, userId, byOf(request));
    await projects.refresh();
    return { userId: userId || null, removed: done === 'done' };
  }

  async function list(request: FastifyRequest) {
    const { after = '', limit } = request.query as Record<string, unknown>;
    if (typeof after !== 'string') throw new Fault('invalid', 'after must be the id of a project.');
    const size = limit === undefined ? MOST_LISTED : Number(limit);
    if (!Number.isInteger(size) || size < 1 || size > MOST_LISTED)
      throw new Fault('invalid', `limit must be a whole number of 1-${MOST_LISTED}.`);
    // One more than is shown tells whether there are more.
    const found = await records.pageAfter(after, size + 1);
    const page = found.slice(0, size);
    return { projects: page.map(shown), next: found.length > size ? (page.at(-1)?.id ?? null) : null };
  }

  async function show(request: FastifyRequest<{ Params: Place }>) {
    const { id } = request.params;
    return shown((await records.one(id)) ?? refuseUnknown(id));
  }

  api.get('/projects', list);
  api.get('/projects/:id', FOR_KEYS, show);
  api.post('/projects', { bodyLimit: LIST_BYTES }, create);
  api.patch('/projects/:id', { ...FOR_KEYS, bodyLimit: LIST_BYTES }, change);
  api.post('/projects/:id/cutoffs', FOR_KEYS, cutOff);
  // The operator's alone: what a key that leaked has cut off, it cannot bring back, nor what was cut off because of it.
  api.delete('/projects/:id/cutoffs', removeCutOff);
}

/** As the administration shows it: a secret and a key by their names and times only. */
export function shown({ secrets, keys, ...project }: ProjectRow) {
  return {
    ...project,
    secrets: secrets.map(({ sealed: _, ...secret }) => secret),
    keys: keys.map(({ hash: _, ...key }) => key),
  };
}

function requireOwn({ origins, settings = {} }: Given): void {
  const names = Object.keys(settings).filter((name) => !SETTINGS_FOR_KEYS.has(name));
  if (origins !== undefined) names.push('origins');
  if (names.length > 0)
    throw new Fault('forbidden', `This takes the admin key of the server: ${names.join(', ')}.`);
}

/** What the log keeps of a change: only what it changed, as a list of words can be long. */
function changesOf(before: ProjectRow, after: ProjectRow): { before: object; after: object } {
  const names = Object.keys({ ...before.settings, ...after.settings });
  const changed = names.filter((name) => !isSame(before.settings[name], after.settings[name]));
  const of = ({ name, origins, settings }: ProjectRow) => ({
    ...(before.name !== after.name && { name }),
    ...(!isSame(before.origins, after.origins) && { origins }),
    ...(changed.length > 0 && {
      settings: Object.fromEntries(changed.map((each) => [each, settings[each] ?? null])),
    }),
  });
  return { before: of(before), after: of(after) };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Null takes a setting back to its default. */
function withoutNull(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function readProject({ name, origins, settings }: Record<string, unknown>): Given {
  const read: Given = {};
  if (name !== undefined) read.name = readName(name, '');
  if (origins !== undefined) {
    const list = Array.isArray(origins) ? origins : [null];
    const wrong = list.find((origin) => typeof origin !== 'string' || !isOrigin(origin));
    if (wrong !== undefined || list.length > ORIGINS)
      throw new Fault(
        'invalid',
        `origins must be at most ${ORIGINS} as https://kimpga.com, without a path; ${JSON.stringify(wrong)} is none.`,
      );
    read.origins = [...new Set(list as string[])];
  }
  if (settings !== undefined) {
    const result = readSettings(settings);
    if (!result.ok) throw new Fault('invalid', result.faults.join(' '));
    read.settings = { ...(settings as object), ...result.settings };
  }
  return read;
}
