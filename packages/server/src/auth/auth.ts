/** Authenticates tokens and guests. The only place where a project id becomes a `ProjectId`, the key to the project's data. */

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
import { checkOrigin, createTokenChecks, isRevokedByCutoff, type TokenCheck } from './token-checks.js';
import { type CheckFailure, createTokenContext, type TokenContext } from './token-context.js';

/** What is known of a rejected client. `signed`: whether a key of the project vouches for it. */
export type RejectedIdentity = { project: string | null; userId: string | null; signed: boolean };

/** `reason` and `identity` are for the server: they may say more than the client should learn. */
export type AuthResult =
  | { ok: true; member: VerifiedMember }
  | { ok: false; reason: string; identity: RejectedIdentity; refused: Refusal };

/** What a client sends with its handshake. */
export type AuthRequest = {
  token: unknown;
  /** The project of a guest. Ignored where there is a token, valid or not. */
  project?: unknown;
  /** The room to join; without one, the main room. */
  room?: unknown;
  /** The origin of the page, as the browser reports it; undefined: not a browser. */
  origin?: string | undefined;
};

export type Auth = {
  /** Rejects with `UnavailableError` if the host's keys could not be fetched. */
  verify(request: AuthRequest): MaybePromise<AuthResult>;
  /** Returns what `verify` would, and records nothing. */
  inspect(request: AuthRequest): MaybePromise<AuthResult>;
  /** The checks that both run on a token. */
  readonly checks: readonly TokenCheck[];
  /** Why a connected member has to leave now. Null: they may stay. */
  recheck(member: VerifiedMember): Refusal | null;
  /** For the HTTP API, which has checked its own key; null: unknown project. */
  resolveProject(id: string): ProjectId | null;
  /** The requested room, or the main room if none is requested; null: the project has no such room. */
  resolveRoom(project: ProjectId, requestedRoom: unknown): string | null;
};

/** The empty user id is one that no token can have. */
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

type AuthOptions = {
  projects: Projects;
  moderationState: ModerationState;
  displayNames: DisplayNames;
  /** Refuse tokens without `exp`, as production does. */
  requireExpiry: boolean;
  /** Longest lifetime from now that `exp` may grant; null: any. */
  maxLifetimeHours: number | null;
  /** Allow avatars and profiles on an http server of the reader's own machine, never in production. */
  allowLocalHttp?: boolean;
  /** Wall-clock time in milliseconds. */
  now?: () => number;
};

export function createAuth(options: AuthOptions): Auth {
  const { projects, moderationState, now = wallTime } = options;
  const checks = tokenChecksFor(options);

  function authenticate(request: AuthRequest): MaybePromise<AuthResult> {
    const { token, origin } = request;
    if (token === undefined || token === null || token === '') return admitGuest(projects, request);
    const context = createTokenContext(token, origin);
    return chainMaybePromise(firstFailure(checks, context), (failure): AuthResult => {
      if (failure === null) return { ok: true, member: verifiedMemberOf(context) };
      const { reason, refused } = failure;
      return { ok: false, reason, identity: rejectedIdentityOf(context), refused };
    });
  }

  /** The room is checked last: a client that may not enter the project learns nothing of its rooms. */
  const inspect = (request: AuthRequest) =>
    chainMaybePromise(authenticate(request), (result) => assignRoom(projects, request.room, result));

  function recordLogin(member: VerifiedMember): void {
    const { projectId: project, userId, username, role, tokenInfo } = member;
    projects.recordKeyUse(project, tokenInfo.kid);
    moderationState.recordStaff({ project, userId, username, role, issuedAtMs: tokenInfo.issuedAt });
  }

  return {
    verify: (request) =>
      chainMaybePromise(inspect(request), (result) => {
        if (result.ok) recordLogin(result.member);
        return result;
      }),
    inspect,
    checks,
    recheck(member) {
      const code = staleAccessCode(projects, member, now());
      return code === null
        ? moderationState.activeBan(member.projectId, member.userId, effectiveRank(projects, member))
        : createRefusal(code);
    },
    resolveProject: (id) => (PROJECT_ID_PATTERN.test(id) && projects.has(id) ? (id as ProjectId) : null),
    resolveRoom: (project, requestedRoom) => resolveRoom(projects, project, requestedRoom),
  };
}

function tokenChecksFor(options: AuthOptions): readonly TokenCheck[] {
  const {
    projects,
    moderationState,
    displayNames,
    requireExpiry,
    maxLifetimeHours,
    allowLocalHttp = false,
    now = wallTime,
  } = options;
  const decoyKey: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: secretToKey(randomBytes(32).toString('hex')),
  };
  const rules = { requireExpiry, maxLifetimeHours, allowLocalHttp };
  return createTokenChecks({ projects, moderationState, displayNames, decoyKey, rules, now });
}

/** @param from index of the first check to run */
function firstFailure(
  checks: readonly TokenCheck[],
  context: TokenContext,
  from = 0,
): MaybePromise<CheckFailure | null> {
  for (let index = from; index < checks.length; index += 1) {
    const outcome = checks[index]?.run(context) ?? null;
    if (outcome instanceof Promise)
      return outcome.then((failure) => failure ?? firstFailure(checks, context, index + 1));
    if (outcome) return outcome;
  }
  return null;
}

function admitGuest(projects: Projects, { project, origin }: AuthRequest): AuthResult {
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

function assignRoom(projects: Projects, requestedRoom: unknown, result: AuthResult): AuthResult {
  if (!result.ok) return result;
  const { projectId, userId, role } = result.member;
  const room = resolveRoom(projects, projectId, requestedRoom);
  if (room === result.member.room) return result;
  if (room !== null) return { ok: true, member: { ...result.member, room } };
  return {
    ok: false,
    reason: unknownRoomReason(requestedRoom),
    identity: { project: projectId, userId: userId || null, signed: role !== 'guest' },
    refused: createRefusal('room_unknown'),
  };
}

function resolveRoom(projects: Projects, project: ProjectId, requestedRoom: unknown): string | null {
  const room = requestedRoom ?? MAIN_ROOM;
  return typeof room === 'string' && projects.hasRoom(project, room) ? room : null;
}

/** Repeats the requested name only where it could be the name of a room. */
function unknownRoomReason(requestedRoom: unknown): string {
  const isName = typeof requestedRoom === 'string' && ROOM_ID_PATTERN.test(requestedRoom);
  return isName
    ? `the setting rooms of the project does not have ${requestedRoom}`
    : 'auth.room is not a valid room name';
}

/** Why what let the member in holds no longer: the room, the token or its key. Null: it does. */
function staleAccessCode(
  projects: Projects,
  { projectId, userId, role, room, tokenInfo }: VerifiedMember,
  nowMs: number,
): RefusalCode | null {
  if (!projects.hasRoom(projectId, room)) return 'room_unknown';
  if (role === 'guest') return projects.allowsGuests(projectId) ? null : 'token_missing';
  if (tokenInfo.expiresAt !== null && nowMs > tokenInfo.expiresAt + MAX_CLOCK_SKEW_SECONDS * 1_000)
    return 'token_expired';
  if (!projects.isKeyActive(projectId, tokenInfo.kid)) return 'token_invalid';
  // As after an expiry, the host has to issue a new token.
  return isRevokedByCutoff(projects, { projectId, userId }, tokenInfo.issuedAt) ? 'token_expired' : null;
}

function parseProjectId(project: unknown): string | null {
  return typeof project === 'string' && PROJECT_ID_PATTERN.test(project) ? project : null;
}

function rejectedIdentityOf({ payload, signed, member }: TokenContext): RejectedIdentity {
  return {
    project: parseProjectId(payload?.projectId),
    userId: member?.userId ?? null,
    signed: signed !== null,
  };
}

/** @param context of a token that passed every check */
function verifiedMemberOf({ payload, signed, member }: TokenContext): VerifiedMember {
  if (!member || !signed) throw new Error('a token passed without all checks');
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
