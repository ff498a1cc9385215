/** What a token has to pass, check by check and in order: who verifies it stops at the first fault, who explains it goes on. */

import { type Claim, type Member, readClaims } from '@chatty/protocol/claims';
import { type Code, type Refusal, refusal } from '@chatty/protocol/errors';
import { CLOCK_SKEW_SECONDS, TOKEN_LENGTH } from '@chatty/protocol/sizes';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { Naming } from '../moderation/display-names.js';
import type { Order } from '../moderation/moderation-state.js';
import { rankIn } from '../moderation/ranks.js';
import type { Projects, SigningKey } from '../projects/projects.js';
import { type AtOnce, andThen } from '../runtime/maybe-promise.js';
import { signerOf } from './jwt-signature.js';

/** A token under examination, and what has been found out so far; null: not yet, or it cannot be. */
export type Case = {
  readonly token: unknown;
  /** Of the page, as the browser says; undefined: no browser. */
  readonly origin: string | undefined;
  header: Readonly<{ alg?: unknown; kid?: unknown; crit?: unknown }> | null;
  /** What the token says; only where `signed` is set has anybody vouched for it. */
  payload: JWTPayload | null;
  /** The key that fits its signature. */
  signed: SigningKey | null;
  member: Member | null;
};

/** `kind` says within the check what it is; `reason` is for the log. */
export type Fault = { refused: Refusal; kind: FaultKind; reason: string; claim?: Claim };

export type CheckName =
  | 'form'
  | 'signature'
  | 'issued'
  | 'expiry'
  | 'lifetime'
  | 'claims'
  | 'held'
  | 'cutoff'
  | 'exclusion'
  | 'origin'
  | 'name';

export type FaultKind =
  | 'not_text'
  | 'too_long'
  | 'not_jwt'
  | 'no_match'
  | 'malformed'
  | 'not_yet'
  | 'future'
  | 'no_time'
  | 'missing'
  | 'expired'
  | 'before_issue'
  | 'too_far'
  | 'claim'
  | 'key_gone'
  | 'cut_off'
  | 'sent_away'
  | 'not_allowed'
  | 'reserved';

export type Check = {
  readonly name: CheckName;
  /** What has to be known of the token before: without it there is nothing to look at. */
  readonly needs: 'nothing' | 'payload' | 'signed' | 'member';
  /** Whether it asks about the project that the token names, and not about the token alone. */
  readonly asksProject: boolean;
  /** Throws `Unavailable` where nobody can say. */
  run(given: Case): AtOnce<Fault | null>;
};

/** The last second of the year 9999: a time beyond it is a mistake in the host's arithmetic, not a long life. */
const LAST_SECOND = 253_402_300_799;

export type TokenRules = {
  /** Whether `exp` has to be there. */
  requireExpiry: boolean;
  /** Longest life from now that `exp` may promise in hours; null: any. */
  maxHours: number | null;
  /** Whether avatars and profiles may lie on an http server of the reader's own machine: while developing. */
  allowLocalHttp: boolean;
};

/**
 * @param nobody a key that nothing is signed with: a project nobody knows costs the same time as a wrong signature (J19)
 * @param now clock in milliseconds
 */
export function createTokenChecks(options: {
  projects: Projects;
  order: Order;
  naming: Naming;
  nobody: SigningKey;
  rules: TokenRules;
  now: () => number;
}): readonly Check[] {
  const { projects, order, naming, nobody, rules, now } = options;
  const { requireExpiry, maxHours, allowLocalHttp } = rules;
  const seconds = () => Math.floor(now() / 1_000);

  function signature(given: Case): AtOnce<Fault | null> {
    const { kid, alg } = given.header ?? {};
    const keys = projects.keysOf(projectOf(given), kid, alg);
    const signer = signerOf(String(given.token), given.header ?? {}, keys.length > 0 ? keys : [nobody]);
    return andThen(signer, (found) => {
      if ('kind' in found) return fault('token_invalid', found.kind, found.reason);
      given.signed = found.key;
      return null;
    });
  }

  function issued({ payload }: Case): Fault | null {
    const { nbf, iat } = payload ?? {};
    if (isWrongTime(nbf)) return fault('token_claims', 'no_time', 'nbf must be a number');
    if (nbf !== undefined && nbf > seconds() + CLOCK_SKEW_SECONDS)
      return fault('token_claims', 'not_yet', 'nbf is in the future');
    if (isWrongTime(iat)) return fault('token_claims', 'no_time', 'iat must be a number');
    const future = iat !== undefined && iat > now() / 1_000 + CLOCK_SKEW_SECONDS;
    return future ? fault('token_claims', 'future', 'iat is in the future') : null;
  }

  function expiry({ payload }: Case): Fault | null {
    const { exp, iat } = payload ?? {};
    if (isWrongTime(exp)) return fault('token_claims', 'no_time', 'exp must be a number');
    if (exp === undefined) return requireExpiry ? fault('token_claims', 'missing', 'exp is required') : null;
    if (exp + CLOCK_SKEW_SECONDS <= seconds()) return fault('token_expired', 'expired', 'exp has passed');
    if (exp > LAST_SECOND) return fault('token_claims', 'no_time', 'exp is not a time');
    const before = typeof iat === 'number' && exp < iat;
    return before ? fault('token_claims', 'before_issue', 'exp is before iat') : null;
  }

  function lifetime({ payload }: Case): Fault | null {
    const { exp } = payload ?? {};
    if (maxHours === null || typeof exp !== 'number') return null;
    const most = now() / 1_000 + maxHours * 3_600 + CLOCK_SKEW_SECONDS;
    return exp > most ? fault('token_claims', 'too_far', `exp is more than ${maxHours} hours ahead`) : null;
  }

  function claims(given: Case): Fault | null {
    const read = readClaims(given.payload ?? {}, allowLocalHttp);
    if (!read.ok) return { ...fault('token_claims', 'claim', read.reason), claim: read.claim };
    given.member = read.member;
    return null;
  }

  function held(given: Case): Fault | null {
    if (given.signed === null || projects.holds(projectOf(given), given.signed.kid)) return null;
    return fault('token_invalid', 'key_gone', 'the secret has come to its end');
  }

  function cutoff({ member, payload }: Case): Fault | null {
    const issuedAt = (payload?.iat ?? 0) * 1_000;
    if (member === null || !isCutOff(projects, member, issuedAt)) return null;
    return fault('token_expired', 'cut_off', 'the token was taken back');
  }

  function exclusion({ member }: Case): Fault | null {
    const refused = member && order.exclusion(member.projectId, member.userId, rankIn(projects, member));
    return refused && { refused, kind: 'sent_away', reason: 'its bearer was sent away' };
  }

  function origin(given: Case): Fault | null {
    return originFault(projects, projectOf(given), given.origin);
  }

  /** Last, and from here on the member has the name that others see. */
  function name(given: Case): AtOnce<Fault | null> {
    const { member } = given;
    if (member === null) return null;
    return andThen(naming.nameOf(member), (username) => {
      if (username === null) return fault('name_reserved', 'reserved', 'the username is reserved');
      if (username !== member.username) given.member = { ...member, username };
      return null;
    });
  }

  const check = (name: CheckName, needs: Check['needs'], asksProject: boolean, run: Check['run']): Check => ({
    name,
    needs,
    asksProject,
    run,
  });
  return [
    check('form', 'nothing', false, createForm()),
    check('signature', 'payload', true, signature),
    check('issued', 'payload', false, issued),
    check('expiry', 'payload', false, expiry),
    check('lifetime', 'payload', false, lifetime),
    check('claims', 'payload', false, claims),
    check('held', 'signed', true, held),
    check('cutoff', 'member', true, cutoff),
    check('exclusion', 'member', true, exclusion),
    check('origin', 'payload', true, origin),
    check('name', 'member', true, name),
  ];
}

export function openCase(token: unknown, origin: string | undefined): Case {
  return { token, origin, header: null, payload: null, signed: null, member: null };
}

/** @param issuedAt in milliseconds; null: before all times */
export function isCutOff(
  projects: Projects,
  { projectId, userId }: { projectId: string; userId: string },
  issuedAt: number | null,
): boolean {
  const cutoff = projects.cutoffOf(projectId, userId);
  return cutoff !== null && (issuedAt ?? 0) < cutoff;
}

export function originFault(projects: Projects, project: string, origin: string | undefined): Fault | null {
  const reason = projects.originFault(project, origin);
  return reason === null
    ? null
    : fault('origin_refused', 'not_allowed', `${origin} may not show the chat: ${reason}`);
}

function createForm(): (given: Case) => Fault | null {
  /** The tokens of a host begin alike: what they have in common is read once. */
  let last: { text: string; header: Case['header'] } = { text: '', header: null };

  function headerOf(token: string): Case['header'] {
    if (last.text !== '' && token.startsWith(last.text)) return last.header;
    const header = decodeProtectedHeader(token);
    // A copy: a slice would keep somebody's whole token.
    last = { text: String(Buffer.from(token.slice(0, token.indexOf('.') + 1))), header };
    return header;
  }

  return (given) => {
    const { token } = given;
    if (typeof token !== 'string') return fault('token_invalid', 'not_text', 'the token is not a string');
    if (token.length > TOKEN_LENGTH)
      return fault('token_invalid', 'too_long', `the token is longer than ${TOKEN_LENGTH}`);
    try {
      given.header = headerOf(token);
      given.payload = decodeJwt(token);
      return null;
    } catch (error) {
      return fault('token_invalid', 'not_jwt', messageOf(error));
    }
  };
}

/** Which project's keys it has to be signed with; '' is none that has a record. */
export function projectOf({ payload }: Pick<Case, 'payload'>): string {
  return typeof payload?.projectId === 'string' ? payload.projectId : '';
}

function isWrongTime(value: unknown): boolean {
  return value !== undefined && typeof value !== 'number';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fault(code: Code, kind: FaultKind, reason: string): Fault {
  return { refused: refusal(code), kind, reason };
}
