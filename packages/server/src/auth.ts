/** Decides who a token's bearer is. The only place where a project id becomes a `ProjectId`, the key to its data. */

import { type Member, readClaims } from '@chatty/protocol/claims';
import type { Code } from '@chatty/protocol/codes';
import type { Standing } from '@chatty/protocol/events';
import { CLOCK_SKEW_SECONDS, PROJECT_ID, TOKEN_LENGTH } from '@chatty/protocol/limits';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { ProjectId } from './store/store.js';

export type VerifiedMember = Omit<Member, 'projectId' | 'role'> & { projectId: ProjectId; role: Standing };

/** `reason` is for the log: it may tell a host's developer more than the refused visitor should learn. */
export type Verdict = { ok: true; member: VerifiedMember } | { ok: false; code: Code; reason: string };

/** @param project what a visitor without a token says; beside a token, good or bad, it is not looked at */
export type Auth = { verify(token: unknown, project?: unknown): Promise<Verdict> };

/** The user id is one that no token can name. */
const GUEST: Omit<VerifiedMember, 'projectId'> = {
  userId: '',
  username: '',
  avatar: null,
  url: null,
  role: 'guest',
  badges: [],
  level: null,
};

/** The last second of the year 9999: a time beyond it is a mistake in the host's arithmetic, not a long life. */
const LAST_SECOND = 253_402_300_799;

/**
 * @param secret shared with the hosts; HS256 only, so a token cannot choose how it is checked
 * @param requireExpiry refuse tokens without `exp` (always so in production)
 * @param maxHours longest life from now that `exp` may promise, or null for any
 * @param guests projects that let visitors without a token read; `*` stands for all
 * @param now clock in milliseconds
 */
export async function createAuth(options: {
  secret: string;
  requireExpiry: boolean;
  maxHours: number | null;
  guests: readonly string[];
  now?: () => number;
}): Promise<Auth> {
  const { secret, requireExpiry, maxHours, guests, now = Date.now } = options;
  // Imported once: verifying with the bare secret imports it at each call and costs forty times as much.
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );

  function admit(project: unknown): Verdict {
    if (typeof project !== 'string' || !PROJECT_ID.test(project)) return no('token_missing', 'no token');
    if (!guests.includes('*') && !guests.includes(project))
      return no('token_missing', 'no token, and the project has no guests');
    return { ok: true, member: { ...GUEST, projectId: project as ProjectId } };
  }

  async function verify(token: unknown, project?: unknown): Promise<Verdict> {
    if (token === undefined || token === null || token === '') return admit(project);
    if (typeof token !== 'string') return no('token_invalid', 'the token is not a string');
    if (token.length > TOKEN_LENGTH) return no('token_invalid', `the token is longer than ${TOKEN_LENGTH}`);
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['HS256'],
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(now()),
      });
      return judge(payload);
    } catch (error) {
      return refusalOf(error);
    }
  }

  function judge(payload: JWTPayload): Verdict {
    const fault = timeFault(payload);
    if (fault !== null) return no('token_claims', fault);
    const claims = readClaims(payload);
    if (!claims.ok) return no('token_claims', claims.reason);
    return { ok: true, member: { ...claims.member, projectId: claims.member.projectId as ProjectId } };
  }

  function timeFault({ exp, iat }: JWTPayload): string | null {
    const seconds = now() / 1_000;
    if (iat !== undefined && iat > seconds + CLOCK_SKEW_SECONDS) return 'iat is in the future';
    if (exp === undefined) return requireExpiry ? 'exp is required' : null;
    if (exp > LAST_SECOND) return 'exp is not a time';
    if (iat !== undefined && exp < iat) return 'exp is before iat';
    const tooFar = maxHours !== null && exp > seconds + maxHours * 3_600 + CLOCK_SKEW_SECONDS;
    return tooFar ? `exp is more than ${maxHours} hours ahead` : null;
  }

  return { verify };
}

function refusalOf(error: unknown): Verdict {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof errors.JWTExpired) return no('token_expired', reason);
  if (error instanceof errors.JWTClaimValidationFailed) return no('token_claims', reason);
  return no('token_invalid', reason);
}

function no(code: Code, reason: string): Verdict {
  return { ok: false, code, reason };
}
