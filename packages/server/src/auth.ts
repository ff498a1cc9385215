/** Decides who a token's bearer is. The only place where a project id becomes a `ProjectId`, the key to its data. */

import { randomBytes } from 'node:crypto';
import { type Member, readClaims } from '@chatty/protocol/claims';
import { type Code, type Refusal, refusal } from '@chatty/protocol/codes';
import type { Standing } from '@chatty/protocol/events';
import { CLOCK_SKEW_SECONDS, PROJECT_ID, TOKEN_LENGTH } from '@chatty/protocol/limits';
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Order } from './order.js';
import { importSecret, type Projects, type SigningKey } from './projects.js';
import { type ProjectId, Unavailable } from './store/store.js';

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
  pass: Pass;
};

/** `reason` is for the log: it may tell a host's developer more than the refused visitor should learn. */
export type Verdict = { ok: true; member: VerifiedMember } | ({ ok: false; reason: string } & Refusal);

/** What a handshake says of itself. */
export type Visit = {
  token: unknown;
  /** What a visitor without a token says; beside a token, good or bad, it is not looked at. */
  project?: unknown;
  /** Of the page, as the browser says; undefined: no browser. */
  origin?: string | undefined;
};

export type Auth = {
  verify(visit: Visit): Promise<Verdict>;
  /** Why the bearer may not stay; null: may. */
  review(member: VerifiedMember): Refusal | null;
  /** For the administration, which asks without a token and has looked at its own key; null: there is no such project. */
  project(id: string): ProjectId | null;
};

/** The user id is one that no token can name. */
const GUEST: Omit<VerifiedMember, 'projectId'> = {
  userId: '',
  username: '',
  avatar: null,
  url: null,
  role: 'guest',
  badges: [],
  level: null,
  pass: { kid: null, issuedAt: null, expiresAt: null },
};

/** The last second of the year 9999: a time beyond it is a mistake in the host's arithmetic, not a long life. */
const LAST_SECOND = 253_402_300_799;

/**
 * @param projects which key a token has to be signed with, so that it cannot choose how it is checked
 * @param order who is banned
 * @param requireExpiry refuse tokens without `exp` (always so in production)
 * @param maxHours longest life from now that `exp` may promise, or null for any
 * @param now clock in milliseconds
 */
export async function createAuth(options: {
  projects: Projects;
  order: Order;
  requireExpiry: boolean;
  maxHours: number | null;
  now?: () => number;
}): Promise<Auth> {
  const { projects, order, requireExpiry, maxHours, now = Date.now } = options;
  /** Nothing is signed with it: a project nobody knows costs the same time as a wrong signature (J19). */
  const nobody: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: await importSecret(randomBytes(32).toString('hex')),
  };

  function admit(project: unknown): Verdict {
    if (typeof project !== 'string' || !PROJECT_ID.test(project)) return no('token_missing', 'no token');
    if (!projects.guests(project)) return no('token_missing', 'no token, and the project has no guests');
    return { ok: true, member: { ...GUEST, projectId: project as ProjectId } };
  }

  async function verify({ token, project, origin }: Visit): Promise<Verdict> {
    const verdict = await identify(token, project);
    if (!verdict.ok) return verdict;
    const fault = projects.originFault(verdict.member.projectId, origin);
    if (fault !== null) return no('origin_refused', `${origin} may not show the chat: ${fault}`);
    projects.used(verdict.member.projectId, verdict.member.pass.kid);
    order.see(verdict.member);
    return verdict;
  }

  async function identify(token: unknown, project: unknown): Promise<Verdict> {
    if (token === undefined || token === null || token === '') return admit(project);
    if (typeof token !== 'string') return no('token_invalid', 'the token is not a string');
    if (token.length > TOKEN_LENGTH) return no('token_invalid', `the token is longer than ${TOKEN_LENGTH}`);
    try {
      const { kid, alg } = decodeProtectedHeader(token);
      const keys = projects.keysOf(String(decodeJwt(token).projectId), kid, alg);
      const { payload, signed } = await checkWith(keys.length > 0 ? keys : [nobody], token);
      return judge(payload, signed.kid);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      return refusalOf(error);
    }
  }

  /**
   * With each key in turn; only a wrong signature is a reason to try the next.
   * @throws Unavailable where none fits, but the keys of a host could not be fetched: the token may be good
   */
  async function checkWith(keys: readonly SigningKey[], token: string) {
    let fault: unknown;
    let outage: Unavailable | null = null;
    for (const signed of keys) {
      try {
        const rules = {
          algorithms: [...signed.algorithms],
          clockTolerance: CLOCK_SKEW_SECONDS,
          currentDate: new Date(now()),
        };
        const { payload } =
          typeof signed.key === 'function'
            ? await jwtVerify(token, signed.key, rules)
            : await jwtVerify(token, signed.key, rules);
        return { payload, signed };
      } catch (error) {
        fault = error;
        if (typeof signed.key === 'function' && isOutage(error))
          outage = new Unavailable(`the JWKS of ${signed.kid} could not be fetched: ${error}`);
        else if (!isNoMatch(error)) throw error;
      }
    }
    throw outage ?? fault;
  }

  function judge(payload: JWTPayload, kid: string | null): Verdict {
    const fault = timeFault(payload);
    if (fault !== null) return no('token_claims', fault);
    const claims = readClaims(payload);
    if (!claims.ok) return no('token_claims', claims.reason);
    const { exp, iat } = payload;
    const pass = {
      kid,
      issuedAt: iat === undefined ? null : iat * 1_000,
      expiresAt: exp === undefined ? null : exp * 1_000,
    };
    const projectId = claims.member.projectId as ProjectId;
    const member = { ...claims.member, projectId, pass };
    const refused = review(member);
    if (refused === null) return { ok: true, member };
    return { ok: false, reason: 'the token was taken back, or its bearer sent away', ...refused };
  }

  function review(member: VerifiedMember): Refusal | null {
    const code = faultOf(member);
    return code === null ? order.exclusion(member.projectId, member.userId) : refusal(code);
  }

  function faultOf({ projectId, userId, role, pass }: VerifiedMember): Code | null {
    if (role === 'guest') return projects.guests(projectId) ? null : 'token_missing';
    if (pass.expiresAt !== null && now() > pass.expiresAt + CLOCK_SKEW_SECONDS * 1_000)
      return 'token_expired';
    if (!projects.holds(projectId, pass.kid)) return 'token_invalid';
    const cutoff = projects.cutoffOf(projectId, userId);
    // The host has to sign a new one, as when it has run out.
    return cutoff !== null && (pass.issuedAt ?? 0) < cutoff ? 'token_expired' : null;
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

  return {
    verify,
    review,
    project: (id) => (PROJECT_ID.test(id) && projects.has(id) ? (id as ProjectId) : null),
  };
}

/** The key is not the one the token was signed with. */
function isNoMatch(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
}

/** What fetching a JWKS throws, from the network or as an answer that is none: neither says anything of the token. */
function isOutage(error: unknown): boolean {
  const plain = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
  return plain || error instanceof errors.JWKSTimeout || error instanceof TypeError;
}

function refusalOf(error: unknown): Verdict {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof errors.JWTExpired) return no('token_expired', reason);
  if (error instanceof errors.JWTClaimValidationFailed) return no('token_claims', reason);
  return no('token_invalid', reason);
}

function no(code: Code, reason: string): Verdict {
  return { ok: false, reason, ...refusal(code) };
}
