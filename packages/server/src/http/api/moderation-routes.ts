/** What the administration does to keep order in a project: all that its moderators do over their sockets, and to them too. */

import { checkLift, checkSanction } from '@chatty/protocol/validate';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { Acting, Moderation } from '../../moderation/moderation.js';
import type { Order } from '../../moderation/moderation-state.js';
import { rankOf } from '../../moderation/ranks.js';
import { readRules } from '../../moderation/room-rules.js';
import { type OrderRecords, type SanctionRow, sanctionKinds } from '../../store/moderation-store.js';
import type { ProjectId } from '../../store/store.js';
import { type Door, FOR_KEYS } from './authenticate.js';
import { bodyOf, Fault, noProject } from './errors.js';

type Place = { id: string };
type Hall = { id: string; room: string };
type Person = { id: string; user: string };
type KeyPlace = { id: string; key: string };
type Line = { id: string; message: string };

/** Entries of one answer, unless fewer are asked for. */
const PAGE = 100;
const FORM =
  'The user id must be 1-128 characters without controls, seconds a whole number from 1 to 315360000 or null, ' +
  'reason a string of at most 500 characters, messageId the number of a message.';

export function openModeration(
  api: FastifyInstance,
  options: { door: Door; auth: Auth; moderation: Moderation; order: Order; records: OrderRecords },
): void {
  const { door, auth, moderation, order, records } = options;

  function projectOf(request: FastifyRequest): ProjectId {
    const { id } = request.params as Place;
    const project = auth.project(id);
    if (project === null) throw noProject(id);
    return project;
  }

  /** In the room of the path, or that the query or the body names: clients and proxies drop the body of a DELETE. */
  function actingOf(request: FastifyRequest): Acting {
    const project = projectOf(request);
    const query = request.query as Record<string, unknown>;
    const { room: named = query.room ?? bodyOf(request).room } = request.params as Partial<Hall>;
    const room = auth.room(project, named);
    if (room === null) throw new Fault('not_found', 'The project has no such room.');
    const { actor } = door.callerOf(request);
    return { project, room, actor, rank: rankOf(actor.kind) };
  }

  for (const kind of sanctionKinds)
    api.post<{ Params: Person }>(`/projects/:id/members/:user/${kind}`, FOR_KEYS, async (request) => {
      const checked = checkSanction({ ...bodyOf(request), userId: userOf(request) });
      if (!checked.ok) throw new Fault('invalid', FORM);
      const { until } = granted(await moderation.sanction(actingOf(request), kind, checked.value));
      return { userId: checked.value.userId, until };
    });

  for (const kind of ['mute', 'ban'] as const)
    api.delete<{ Params: Person }>(`/projects/:id/members/:user/${kind}`, FOR_KEYS, async (request) => {
      const checked = checkLift({ userId: userOf(request) });
      if (!checked.ok) throw new Fault('invalid', FORM);
      const { userId } = checked.value;
      const { lifted } = granted(await moderation.lift(actingOf(request), kind, userId));
      return { userId, lifted };
    });

  api.get<{ Params: Place; Querystring: Record<string, unknown> }>(
    '/projects/:id/sanctions',
    FOR_KEYS,
    async (request) => {
      const project = projectOf(request);
      const { after = '', limit } = request.query;
      if (typeof after !== 'string') throw new Fault('invalid', 'after must be a user id.');
      const most = readLimit(limit);
      // One more person than asked for tells whether there are more; each has at most one of every kind.
      const rows = await records.held(project, after, most + sanctionKinds.length);
      return pageOf(rows, most);
    },
  );

  // The operator's alone: what a key that leaked has done, it does not take back.
  api.delete<{ Params: KeyPlace }>('/projects/:id/keys/:key/sanctions', async (request) => ({
    lifted: await moderation.liftOfKey(actingOf(request), request.params.key),
  }));

  api.delete<{ Params: Line }>('/projects/:id/messages/:message', FOR_KEYS, async (request) => {
    const id = readNumber('The message', request.params.message);
    // The same form as of a sanction's; whose message it is does not matter.
    const checked = checkSanction({ userId: '-', reason: bodyOf(request).reason });
    if (!checked.ok) throw new Fault('invalid', FORM);
    const { message } = granted(await moderation.remove(actingOf(request), id, checked.value.reason));
    return { message };
  });

  api.get<{ Params: Hall }>('/projects/:id/rooms/:room/rules', FOR_KEYS, async (request) => {
    const { project, room } = actingOf(request);
    await order.refresh();
    return { rules: order.rules(project, room) };
  });

  api.patch<{ Params: Hall }>('/projects/:id/rooms/:room/rules', FOR_KEYS, async (request) => {
    const given = bodyOf(request);
    const read = readRules(given);
    if (!read.ok) throw new Fault('invalid', read.faults.join(' '));
    const { rules } = granted(await moderation.setRules(actingOf(request), given));
    return { rules };
  });

  api.get<{ Params: Place; Querystring: Record<string, unknown> }>(
    '/projects/:id/audit',
    FOR_KEYS,
    async (request) => {
      const project = projectOf(request);
      const { before, limit } = request.query;
      const most = readLimit(limit);
      const first = before === undefined ? null : readNumber('before', before);
      const entries = await records.audit(project, first, most + 1);
      const page = entries.slice(0, most);
      return { entries: page, next: entries.length > most ? page.at(-1)?.id : null };
    },
  );
}

/** As the path has it; a body may say it instead: clients fold `.` and `..` out of a path, and somebody may be called so. */
function userOf(request: FastifyRequest<{ Params: Person }>): unknown {
  return bodyOf(request).userId ?? request.params.user;
}

/** All of somebody's stand on one page. */
function pageOf(rows: readonly SanctionRow[], most: number) {
  const last = rows[most - 1]?.userId;
  const beyond = rows.findIndex(({ userId }, index) => index >= most && userId !== last);
  const page = beyond < 0 ? rows : rows.slice(0, beyond);
  return {
    sanctions: page.map(({ project: _, ...sanction }) => sanction),
    next: beyond < 0 ? null : last,
  };
}

/** What moderation answers, or its refusal as a fault of the administration. */
function granted<Value extends object>(answer: ({ ok: true } & Value) | { ok: false; code: string }): Value {
  if (answer.ok) return answer;
  if (answer.code === 'not_found') throw new Fault('not_found', 'There is no such message.');
  if (answer.code === 'forbidden')
    throw new Fault('forbidden', 'The operator of the server has set what holds: only they change it.');
  if (answer.code === 'too_many')
    throw new Fault('too_many', 'The project has as many sanctions as it may have: lift some first.');
  throw new Fault('invalid', FORM);
}

function readLimit(value: unknown): number {
  return value === undefined ? PAGE : Math.min(PAGE, readNumber('limit', value));
}

function readNumber(name: string, value: unknown): number {
  const number = typeof value === 'string' && /^[1-9]\d{0,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new Fault('invalid', `${name} must be a whole number from 1.`);
  return number;
}
