/** Routes for moderation: everything moderators can do over their sockets, also to moderators themselves. */

import { validateLift, validateSanction } from '@chatty/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { Moderation } from '../../moderation/moderation.js';
import type { ModerationState } from '../../moderation/moderation-state.js';
import type { ActingModerator } from '../../moderation/ranks.js';
import { rankOf } from '../../moderation/ranks.js';
import { parseRoomRules } from '../../moderation/room-rules.js';
import { type ModerationRecords, type SanctionRow, sanctionKinds } from '../../store/moderation-store.js';
import type { ProjectId } from '../../store/store.js';
import { ALLOW_PROJECT_KEY, type ApiAuth } from './authenticate.js';
import { ApiError, jsonBodyOf, projectNotFound } from './errors.js';

type ProjectParams = { id: string };
type RoomParams = { id: string; room: string };
type MemberParams = { id: string; user: string };
type ApiKeyParams = { id: string; key: string };
type MessageParams = { id: string; message: string };

/** Entries of one answer, unless fewer are asked for. */
const MAX_PAGE_ENTRIES = 100;
const INVALID_INPUT_MESSAGE =
  'The user id must be 1-128 characters without controls, seconds a whole number from 1 to 315360000 or null, ' +
  'reason a string of at most 500 characters, messageId the number of a message.';

export function registerModerationRoutes(
  api: FastifyInstance,
  options: {
    apiAuth: ApiAuth;
    auth: Auth;
    moderation: Moderation;
    moderationState: ModerationState;
    records: ModerationRecords;
  },
): void {
  const { apiAuth, auth, moderation, moderationState, records } = options;

  function requireProjectId(request: FastifyRequest): ProjectId {
    const { id } = request.params as ProjectParams;
    const project = auth.resolveProject(id);
    if (project === null) throw projectNotFound(id);
    return project;
  }

  /** In the room of the path, or that the query or the body names: clients and proxies drop the body of a DELETE. */
  function actingModeratorOf(request: FastifyRequest): ActingModerator {
    const project = requireProjectId(request);
    const query = request.query as Record<string, unknown>;
    const { room: roomName = query.room ?? jsonBodyOf(request).room } = request.params as Partial<RoomParams>;
    const room = auth.resolveRoom(project, roomName);
    if (room === null) throw new ApiError('not_found', 'The project has no such room.');
    const { actor } = apiAuth.callerOf(request);
    return { project, room, actor, rank: rankOf(actor.kind) };
  }

  for (const kind of sanctionKinds)
    api.post<{ Params: MemberParams }>(
      `/projects/:id/members/:user/${kind}`,
      ALLOW_PROJECT_KEY,
      async (request) => {
        const checked = validateSanction({ ...jsonBodyOf(request), userId: userIdOf(request) });
        if (!checked.ok) throw new ApiError('invalid', INVALID_INPUT_MESSAGE);
        const { until } = unwrapAnswer(
          await moderation.sanction(actingModeratorOf(request), kind, checked.value),
        );
        return { userId: checked.value.userId, until };
      },
    );

  for (const kind of ['mute', 'ban'] as const)
    api.delete<{ Params: MemberParams }>(
      `/projects/:id/members/:user/${kind}`,
      ALLOW_PROJECT_KEY,
      async (request) => {
        const checked = validateLift({ userId: userIdOf(request) });
        if (!checked.ok) throw new ApiError('invalid', INVALID_INPUT_MESSAGE);
        const { userId } = checked.value;
        const { lifted } = unwrapAnswer(await moderation.lift(actingModeratorOf(request), kind, userId));
        return { userId, lifted };
      },
    );

  api.get<{ Params: ProjectParams; Querystring: Record<string, unknown> }>(
    '/projects/:id/sanctions',
    ALLOW_PROJECT_KEY,
    async (request) => {
      const project = requireProjectId(request);
      const { after = '', limit } = request.query;
      if (typeof after !== 'string') throw new ApiError('invalid', 'after must be a user id.');
      const pageSize = parsePageSize(limit);
      // One more person than asked for tells whether there are more; each has at most one of every kind.
      const rows = await records.activeSanctions(project, after, pageSize + sanctionKinds.length);
      return sanctionsPage(rows, pageSize);
    },
  );

  // The operator's alone: what a key that leaked has done, it does not take back.
  api.delete<{ Params: ApiKeyParams }>('/projects/:id/keys/:key/sanctions', async (request) => ({
    lifted: await moderation.liftSanctionsOfKey(actingModeratorOf(request), request.params.key),
  }));

  api.delete<{ Params: MessageParams }>(
    '/projects/:id/messages/:message',
    ALLOW_PROJECT_KEY,
    async (request) => {
      const id = parsePositiveInteger('The message', request.params.message);
      // The same form as of a sanction's; whose message it is does not matter.
      const checked = validateSanction({ userId: '-', reason: jsonBodyOf(request).reason });
      if (!checked.ok) throw new ApiError('invalid', INVALID_INPUT_MESSAGE);
      const { message } = unwrapAnswer(
        await moderation.deleteMessage(actingModeratorOf(request), id, checked.value.reason),
      );
      return { message };
    },
  );

  api.get<{ Params: RoomParams }>('/projects/:id/rooms/:room/rules', ALLOW_PROJECT_KEY, async (request) => {
    const { project, room } = actingModeratorOf(request);
    await moderationState.refresh();
    return { rules: moderationState.rules(project, room) };
  });

  api.patch<{ Params: RoomParams }>('/projects/:id/rooms/:room/rules', ALLOW_PROJECT_KEY, async (request) => {
    const rulesInput = jsonBodyOf(request);
    const parsed = parseRoomRules(rulesInput);
    if (!parsed.ok) throw new ApiError('invalid', parsed.errors.join(' '));
    const { rules } = unwrapAnswer(await moderation.setRules(actingModeratorOf(request), rulesInput));
    return { rules };
  });

  api.get<{ Params: ProjectParams; Querystring: Record<string, unknown> }>(
    '/projects/:id/audit',
    ALLOW_PROJECT_KEY,
    async (request) => {
      const project = requireProjectId(request);
      const { before, limit } = request.query;
      const pageSize = parsePageSize(limit);
      const beforeId = before === undefined ? null : parsePositiveInteger('before', before);
      const entries = await records.listAuditEntries(project, beforeId, pageSize + 1);
      const page = entries.slice(0, pageSize);
      return { entries: page, next: entries.length > pageSize ? page.at(-1)?.id : null };
    },
  );
}

/** As the path has it; a body may say it instead: clients fold `.` and `..` out of a path, and somebody may be called so. */
function userIdOf(request: FastifyRequest<{ Params: MemberParams }>): unknown {
  return jsonBodyOf(request).userId ?? request.params.user;
}

/** All of somebody's stand on one page. */
function sanctionsPage(rows: readonly SanctionRow[], pageSize: number) {
  const lastUserId = rows[pageSize - 1]?.userId;
  const nextPageStart = rows.findIndex(({ userId }, index) => index >= pageSize && userId !== lastUserId);
  const page = nextPageStart < 0 ? rows : rows.slice(0, nextPageStart);
  return {
    sanctions: page.map(({ project: _, ...sanction }) => sanction),
    next: nextPageStart < 0 ? null : lastUserId,
  };
}

/** What moderation answers, or its refusal as a fault of the administration. */
function unwrapAnswer<Value extends object>(
  answer: ({ ok: true } & Value) | { ok: false; code: string },
): Value {
  if (answer.ok) return answer;
  if (answer.code === 'not_found') throw new ApiError('not_found', 'There is no such message.');
  if (answer.code === 'forbidden')
    throw new ApiError('forbidden', 'The operator of the server has set what holds: only they change it.');
  if (answer.code === 'too_many')
    throw new ApiError('too_many', 'The project has as many sanctions as it may have: lift some first.');
  throw new ApiError('invalid', INVALID_INPUT_MESSAGE);
}

function parsePageSize(value: unknown): number {
  return value === undefined
    ? MAX_PAGE_ENTRIES
    : Math.min(MAX_PAGE_ENTRIES, parsePositiveInteger('limit', value));
}

function parsePositiveInteger(name: string, value: unknown): number {
  const number = typeof value === 'string' && /^[1-9]\d{0,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new ApiError('invalid', `${name} must be a whole number from 1.`);
  return number;
}
