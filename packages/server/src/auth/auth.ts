/** Decides who a token's bearer is. The only place where a project id becomes a `ProjectId`, the key to its data. */

import { randomBytes } from 'node:crypto';
import type { Member } from '@chatty/protocol/claims';
import { type Code, type Refusal, refusal } from '@chatty/protocol/errors';
import type { Standing } from '@chatty/protocol/events';
import { CLOCK_SKEW_SECONDS, MAIN_ROOM, PROJECT_ID, ROOM_ID } from '@chatty/protocol/sizes';
import type { Naming } from '../moderation/display-names.js';
import type { Order } from '../moderation/moderation-state.js';
import { rankIn } from '../moderation/ranks.js';
import { keyOfSecret, type Projects, type SigningKey } from '../projects/projects.js';
import { wallTime } from '../runtime/clocks.js';
import { type AtOnce, andThen } from '../runtime/maybe-promise.js';
import type { ProjectId } from '../store/store.js';
import {
  type Case,
  type Check,
  createTokenChecks,
  type Fault,
  isCutOff,
  openCase,
  originFault,
} from './token-checks.js';

/** What a token said of itself, for as long as its bearer is here; moments in milliseconds, null where it did not say. */
export type Pass = {
  /** The secret it was checked with; null: the one all projects without their own share, or a guest's. */
  readonly kid: string | null;
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
};

export type VerifiedMember = Omit<Member, 'projectId' | 'role'> & {
  projectId: ProjectId;
  role: Standing;
  /** Where this connection is. */
  room: string;
  pass: Pass;
};

/** What is known of who was refused; `signed`: whether a key of the project vouches for it. */
export type About = { project: string | null; userId: string | null; signed: boolean };

/** `reason` and `about` are for the server: they may tell more than the refused visitor should learn. */
export type Verdict =
  | { ok: true; member: VerifiedMember }
  | { ok: false; reason: string; about: About; refused: Refusal };

/** What a handshake says of itself. */
export type Visit = {
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
  verify(visit: Visit): AtOnce<Verdict>;
  /** As `verify` would answer, but it leaves no trace. */
  examine(visit: Visit): AtOnce<Verdict>;
  /** What both go through with a token. */
  readonly checks: readonly Check[];
  /** Why the bearer may not stay; null: may. */
  review(member: VerifiedMember): Refusal | null;
  /** For the administration, which asks without a token and has looked at its own key; null: there is no such project. */
  project(id: string): ProjectId | null;
  /** The room that this names, the main room where it is nothing; null: the project has none of that name. */
  room(project: ProjectId, named: unknown): string | null;
};

/** The user id is one that no token can name. */
const GUEST: Omit<VerifiedMember, 'projectId'> = {
  userId: '',
  username: '',
  avatar: null,
  url: null,
  role: 'guest',
  room: MAIN_ROOM,
  badges: [],
  level: null,
  pass: { kid: null, issuedAt: null, expiresAt: null },
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
  order: Order;
  naming: Naming;
  requireExpiry: boolean;
  maxHours: number | null;
  allowLocalHttp?: boolean;
  now?: () => number;
}): Auth {
  const {
    projects,
    order,
    naming,
    requireExpiry,
    maxHours,
    allowLocalHttp = false,
    now = wallTime,
  } = options;
  /** Nothing is signed with it: a project nobody knows costs the same time as a wrong signature (J19). */
  const nobody: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: keyOfSecret(randomBytes(32).toString('hex')),
  };

  const checks = createTokenChecks({
    projects,
    order,
    naming,
    nobody,
    rules: { requireExpiry, maxHours, allowLocalHttp },
    now,
  });

  function admit({ project, origin }: Visit): Verdict {
    const id = readProject(project);
    const no = (reason: string, code: Code): Verdict => ({
      ok: false,
      reason,
      about: { project: id, userId: null, signed: false },
      refused: refusal(code),
    });
    if (id === null) return no('no token', 'token_missing');
    if (!projects.guests(id)) return no('no token, and the project has no guests', 'token_missing');
    const fault = originFault(projects, id, origin);
    return fault
      ? no(fault.reason, fault.refused.code)
      : { ok: true, member: { ...GUEST, projectId: id as ProjectId } };
  }

  function roomOf(project: ProjectId, named: unknown): string | null {
    const room = named ?? MAIN_ROOM;
    return typeof room === 'string' && projects.hasRoom(project, room) ? room : null;
  }

  /** Rooms come last: who may not be in the project learns nothing of them. */
  const examine = (visit: Visit) => andThen(identify(visit), (verdict) => putInRoom(visit.room, verdict));

  function putInRoom(named: unknown, verdict: Verdict): Verdict {
    if (!verdict.ok) return verdict;
    const { projectId, userId, role } = verdict.member;
    const room = roomOf(projectId, named);
    if (room === verdict.member.room) return verdict;
    if (room !== null) return { ok: true, member: { ...verdict.member, room } };
    return {
      ok: false,
      reason: reasonOf(named),
      about: { project: projectId, userId: userId || null, signed: role !== 'guest' },
      refused: refusal('room_unknown'),
    };
  }

  function identify(visit: Visit): AtOnce<Verdict> {
    const { token, origin } = visit;
    if (token === undefined || token === null || token === '') return admit(visit);
    const given = openCase(token, origin);
    return andThen(firstFault(given), (fault): Verdict => {
      if (fault === null) return { ok: true, member: memberOf(given) };
      return { ok: false, reason: fault.reason, about: aboutOf(given), refused: fault.refused };
    });
  }

  /** @param from number of the check to begin with */
  function firstFault(given: Case, from = 0): AtOnce<Fault | null> {
    for (let index = from; index < checks.length; index += 1) {
      const found = checks[index]?.run(given) ?? null;
      if (found instanceof Promise) return found.then((fault) => fault ?? firstFault(given, index + 1));
      if (found) return found;
    }
    return null;
  }

  function review(member: VerifiedMember): Refusal | null {
    const { projectId, userId, role, room, pass } = member;
    const code = faultOf();
    return code === null ? order.exclusion(projectId, userId, rankIn(projects, member)) : refusal(code);

    function faultOf(): Code | null {
      if (!projects.hasRoom(projectId, room)) return 'room_unknown';
      if (role === 'guest') return projects.guests(projectId) ? null : 'token_missing';
      if (pass.expiresAt !== null && now() > pass.expiresAt + CLOCK_SKEW_SECONDS * 1_000)
        return 'token_expired';
      if (!projects.holds(projectId, pass.kid)) return 'token_invalid';
      // The host has to sign a new one, as when it has run out.
      return isCutOff(projects, { projectId, userId }, pass.issuedAt) ? 'token_expired' : null;
    }
  }

  return {
    verify: (visit) =>
      andThen(examine(visit), (verdict) => {
        if (verdict.ok) {
          projects.used(verdict.member.projectId, verdict.member.pass.kid);
          order.see(verdict.member);
        }
        return verdict;
      }),
    examine,
    checks,
    review,
    project: (id) => (PROJECT_ID.test(id) && projects.has(id) ? (id as ProjectId) : null),
    room: roomOf,
  };
}

function readProject(project: unknown): string | null {
  return typeof project === 'string' && PROJECT_ID.test(project) ? project : null;
}

/** A name that no project could have given a room is not repeated to its host. */
function reasonOf(named: unknown): string {
  const isName = typeof named === 'string' && ROOM_ID.test(named);
  return isName
    ? `the setting rooms of the project does not have ${named}`
    : 'auth.room is no name of a room';
}

function aboutOf({ payload, signed, member }: Case): About {
  return {
    project: readProject(payload?.projectId),
    userId: member?.userId ?? null,
    signed: signed !== null,
  };
}

/** Of a token that has passed. */
function memberOf({ payload, signed, member }: Case): VerifiedMember {
  if (!member || !signed) throw new Error('a token passed without being looked at');
  const { exp, iat } = payload ?? {};
  return {
    ...member,
    projectId: member.projectId as ProjectId,
    room: MAIN_ROOM,
    pass: {
      kid: signed.kid,
      issuedAt: iat === undefined ? null : iat * 1_000,
      expiresAt: exp === undefined ? null : exp * 1_000,
    },
  };
}
