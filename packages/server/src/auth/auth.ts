/** Decides who a token's bearer is. The only place where a project id becomes a `ProjectId`, the key to its data. */

import { randomBytes } from 'node:crypto';
import {
  createRefusal,
  MAIN_ROOM,
  MAX_CLOCK_SKEW_SECONDS,
  PROJECT_ID_PATTERN,
  type Refusal,
  type RefusalCode,
  ROOM_ID_PATTERN,
} from '@chatty/protocol';
import type { DisplayNames } from '../moderation/display-names.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import { effectiveRank } from '../moderation/ranks.js';
import { type Projects, type SigningKey, secretToKey } from '../projects/projects.js';
import { wallTime } from '../runtime/clocks.js';
import { chainMaybePromise, type MaybePromise } from '../runtime/maybe-promise.js';
import type { ProjectId } from '../store/store.js';
import type { VerifiedMember } from './member.js';
import {
  type CheckFailure,
  checkOrigin,
  createTokenChecks,
  createTokenContext,
  isRevokedByCutoff,
  type TokenCheck,
  type TokenContext,
} from './token-checks.js';

/** What is known of who was refused; `signed`: whether a key of the project vouches for it. */
export type RejectedIdentity = { project: string | null; userId: string | null; signed: boolean };

/** `reason` and `about` are for the server: they may tell more than the refused visitor should learn. */
export type AuthResult =
  | { ok: true; member: VerifiedMember }
  | { ok: false; reason: string; identity: RejectedIdentity; refused: Refusal };

/** What a handshake says of itself. */
export type AuthRequest = {
  token: unknown;
  /** What a visitor without a token says; beside a token, good or bad, it is not looked at. */
  project?: unknown;
  /** The room it asks for; nothing: the main room. */
  room?: unknown;
  /** Of the page, as the browser says; undefined: no browser. */
  origin?: string | undefined;
};

export type Auth = {
  /** Rejects with `Unavailable` where the keys of a host could not be fetched. */
  verify(request: AuthRequest): MaybePromise<AuthResult>;
  /** As `verify` would answer, but it leaves no trace. */
  inspect(request: AuthRequest): MaybePromise<AuthResult>;
  /** What both go through with a token. */
  readonly checks: readonly TokenCheck[];
  /** Why the bearer may not stay; null: may. */
  recheck(member: VerifiedMember): Refusal | null;
  /** For the administration, which asks without a token and has looked at its own key; null: there is no such project. */
  resolveProject(id: string): ProjectId | null;
  /** The room that this names, the main room where it is nothing; null: the project has none of that name. */
  resolveRoom(resolveProject: ProjectId, requestedRoom: unknown): string | null;
};

/** The user id is one that no token can name. */
const GUEST_MEMBER: Omit<VerifiedMember, 'projectId'> = {
  userId: '',
  username: '',
  avatar: null,
  url: null,
  role: 'guest',
  room: MAIN_ROOM,
  badges: [],
  level: null,
  tokenInfo: { kid: null, issuedAt: null, expiresAt: null },
};

/**
 * @param projects which key a token has to be signed with, so that it cannot choose how it is checked
 * @param order who is banned
 * @param naming which names are somebody else's
 * @param requireExpiry refuse tokens without `exp` (always so in production)
 * @param allowLocalHttp avatars and profiles may lie on an http server of the reader's own machine (never so in production)
 * @param maxHours longest life from now that `exp` may promise, or null for any
 * @param now clock in milliseconds
 */
export function createAuth(options: {
  projects: Projects;
  moderationState: ModerationState;
  displayNames: DisplayNames;
  requireExpiry: boolean;
  maxLifetimeHours: number | null;
  allowLocalHttp?: boolean;
  now?: () => number;
}): Auth {
  const {
    projects,
    moderationState,
    displayNames,
    requireExpiry,
    maxLifetimeHours,
    allowLocalHttp = false,
    now = wallTime,
  } = options;
  /** Nothing is signed with it: a project nobody knows costs the same time as a wrong signature (J19). */
  const decoyKey: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: secretToKey(randomBytes(32).toString('hex')),
  };

  const checks = createTokenChecks({
    projects,
    moderationState,
    displayNames,
    decoyKey,
    rules: { requireExpiry, maxLifetimeHours, allowLocalHttp },
    now,
  });

  function admitGuest({ project, origin }: AuthRequest): AuthResult {
    const id = parseProjectId(project);
    const reject = (reason: string, code: RefusalCode): AuthResult => ({
      ok: false,
      reason,
      identity: { project: id, userId: null, signed: false },
      refused: createRefusal(code),
    });
    if (id === null) return reject('no token', 'token_missing');
    if (!projects.allowsGuests(id)) return reject('no token, and the project has no guests', 'token_missing');
    const failure = checkOrigin(projects, id, origin);
    return failure
      ? reject(failure.reason, failure.refused.code)
      : { ok: true, member: { ...GUEST_MEMBER, projectId: id as ProjectId } };
  }

  function resolveRoom(project: ProjectId, requestedRoom: unknown): string | null {
    const room = requestedRoom ?? MAIN_ROOM;
    return typeof room === 'string' && projects.hasRoom(project, room) ? room : null;
  }

  /** Rooms come last: who may not be in the project learns nothing of them. */
  const inspect = (request: AuthRequest) =>
    chainMaybePromise(authenticate(request), (result) => assignRoom(request.room, result));

  function assignRoom(requestedRoom: unknown, result: AuthResult): AuthResult {
    if (!result.ok) return result;
    const { projectId, userId, role } = result.member;
    const room = resolveRoom(projectId, requestedRoom);
    if (room === result.member.room) return result;
    if (room !== null) return { ok: true, member: { ...result.member, room } };
    return {
      ok: false,
      reason: unknownRoomReason(requestedRoom),
      identity: { project: projectId, userId: userId || null, signed: role !== 'guest' },
      refused: createRefusal('room_unknown'),
    };
  }

  function authenticate(request: AuthRequest): MaybePromise<AuthResult> {
    const { token, origin } = request;
    if (token === undefined || token === null || token === '') return admitGuest(request);
    const context = createTokenContext(token, origin);
    return chainMaybePromise(firstFailure(context), (failure): AuthResult => {
      if (failure === null) return { ok: true, member: verifiedMemberOf(context) };
      return {
        ok: false,
        reason: failure.reason,
        identity: rejectedIdentityOf(context),
        refused: failure.refused,
      };
    });
  }

  /** @param from number of the check to begin with */
  function firstFailure(context: TokenContext, from = 0): MaybePromise<CheckFailure | null> {
    for (let index = from; index < checks.length; index += 1) {
      const outcome = checks[index]?.run(context) ?? null;
      if (outcome instanceof Promise)
        return outcome.then((failure) => failure ?? firstFailure(context, index + 1));
      if (outcome) return outcome;
    }
    return null;
  }

  function recheck(member: VerifiedMember): Refusal | null {
    const { projectId, userId, role, room, tokenInfo } = member;
    const code = currentRefusalCode();
    return code === null
      ? moderationState.activeBan(projectId, userId, effectiveRank(projects, member))
      : createRefusal(code);

    function currentRefusalCode(): RefusalCode | null {
      if (!projects.hasRoom(projectId, room)) return 'room_unknown';
      if (role === 'guest') return projects.allowsGuests(projectId) ? null : 'token_missing';
      if (tokenInfo.expiresAt !== null && now() > tokenInfo.expiresAt + MAX_CLOCK_SKEW_SECONDS * 1_000)
        return 'token_expired';
      if (!projects.isKeyActive(projectId, tokenInfo.kid)) return 'token_invalid';
      // The host has to sign a new one, as when it has run out.
      return isRevokedByCutoff(projects, { projectId, userId }, tokenInfo.issuedAt) ? 'token_expired' : null;
    }
  }

  function recordStaff({ projectId: project, userId, username, role, tokenInfo }: VerifiedMember): void {
    moderationState.recordStaff({ project, userId, username, role, issuedAtMs: tokenInfo.issuedAt });
  }

  return {
    verify: (request) =>
      chainMaybePromise(inspect(request), (result) => {
        if (result.ok) {
          projects.recordKeyUse(result.member.projectId, result.member.tokenInfo.kid);
          recordStaff(result.member);
        }
        return result;
      }),
    inspect,
    checks,
    recheck,
    resolveProject: (id) => (PROJECT_ID_PATTERN.test(id) && projects.has(id) ? (id as ProjectId) : null),
    resolveRoom: resolveRoom,
  };
}

function parseProjectId(project: unknown): string | null {
  return typeof project === 'string' && PROJECT_ID_PATTERN.test(project) ? project : null;
}

/** A name that no project could have given a room is not repeated to its host. */
function unknownRoomReason(requestedRoom: unknown): string {
  const isName = typeof requestedRoom === 'string' && ROOM_ID_PATTERN.test(requestedRoom);
  return isName
    ? `the setting rooms of the project does not have ${requestedRoom}`
    : 'auth.room is no name of a room';
}

function rejectedIdentityOf({ payload, signed, member }: TokenContext): RejectedIdentity {
  return {
    project: parseProjectId(payload?.projectId),
    userId: member?.userId ?? null,
    signed: signed !== null,
  };
}

/** Of a token that has passed. */
function verifiedMemberOf({ payload, signed, member }: TokenContext): VerifiedMember {
  if (!member || !signed) throw new Error('a token passed without being looked at');
  const { exp, iat } = payload ?? {};
  return {
    ...member,
    projectId: member.projectId as ProjectId,
    room: MAIN_ROOM,
    tokenInfo: {
      kid: signed.kid,
      issuedAt: iat === undefined ? null : iat * 1_000,
      expiresAt: exp === undefined ? null : exp * 1_000,
    },
  };
}
