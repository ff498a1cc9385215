/** What a token has to pass, check by check and in order: who verifies it stops at the first fault, who explains it goes on. */

import {
  createRefusal,
  MAX_CLOCK_SKEW_SECONDS,
  MAX_TOKEN_LENGTH,
  type Refusal,
  type RefusalCode,
  type RequiredClaim,
  readClaims,
  type TokenMember,
} from '@chatty/protocol';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { DisplayNames } from '../moderation/display-names.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import { effectiveRank } from '../moderation/ranks.js';
import type { Projects, SigningKey } from '../projects/projects.js';
import { chainMaybePromise, type MaybePromise } from '../runtime/maybe-promise.js';
import { findSigningKey } from './jwt-signature.js';

/** A token under examination, and what has been found out so far; null: not yet, or it cannot be. */
export type TokenContext = {
  readonly token: unknown;
  /** Of the page, as the browser says; undefined: no browser. */
  readonly origin: string | undefined;
  header: Readonly<{ alg?: unknown; kid?: unknown; crit?: unknown }> | null;
  /** What the token says; only where `signed` is set has anybody vouched for it. */
  payload: JWTPayload | null;
  /** The key that fits its signature. */
  signed: SigningKey | null;
  member: TokenMember | null;
};

/** `kind` says within the check what it is; `reason` is for the log. */
export type CheckFailure = {
  refused: Refusal;
  kind: CheckFailureKind;
  reason: string;
  claim?: RequiredClaim;
};

export type TokenCheckName =
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

export type CheckFailureKind =
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

export type TokenCheck = {
  readonly name: TokenCheckName;
  /** What has to be known of the token before: without it there is nothing to look at. */
  readonly needs: 'nothing' | 'payload' | 'signed' | 'member';
  /** Whether it asks about the project that the token names, and not about the token alone. */
  readonly isProjectSpecific: boolean;
  /** Throws `Unavailable` where nobody can say. */
  run(context: TokenContext): MaybePromise<CheckFailure | null>;
};

/** The last second of the year 9999: a time beyond it is a mistake in the host's arithmetic, not a long life. */
const MAX_TIMESTAMP_SECONDS = 253_402_300_799;

export type TokenRules = {
  /** Whether `exp` has to be there. */
  requireExpiry: boolean;
  /** Longest life from now that `exp` may promise in hours; null: any. */
  maxLifetimeHours: number | null;
  /** Whether avatars and profiles may lie on an http server of the reader's own machine: while developing. */
  allowLocalHttp: boolean;
};

/**
 * @param nobody a key that nothing is signed with: a project nobody knows costs the same time as a wrong signature (J19)
 * @param now clock in milliseconds
 */
export function createTokenChecks(options: {
  projects: Projects;
  moderationState: ModerationState;
  displayNames: DisplayNames;
  decoyKey: SigningKey;
  rules: TokenRules;
  now: () => number;
}): readonly TokenCheck[] {
  const { projects, moderationState, displayNames, decoyKey, rules, now } = options;
  const { requireExpiry, maxLifetimeHours, allowLocalHttp } = rules;
  const nowSeconds = () => Math.floor(now() / 1_000);

  function checkSignature(context: TokenContext): MaybePromise<CheckFailure | null> {
    const { kid, alg } = context.header ?? {};
    const keys = projects.signingKeysOf(projectIdOf(context), kid, alg);
    const signer = findSigningKey(
      String(context.token),
      context.header ?? {},
      keys.length > 0 ? keys : [decoyKey],
    );
    return chainMaybePromise(signer, (result) => {
      if ('kind' in result) return checkFailure('token_invalid', result.kind, result.reason);
      context.signed = result.key;
      return null;
    });
  }

  function checkIssuedAt({ payload }: TokenContext): CheckFailure | null {
    const { nbf, iat } = payload ?? {};
    if (isInvalidTime(nbf)) return checkFailure('token_claims', 'no_time', 'nbf must be a number');
    if (nbf !== undefined && nbf > nowSeconds() + MAX_CLOCK_SKEW_SECONDS)
      return checkFailure('token_claims', 'not_yet', 'nbf is in the future');
    if (isInvalidTime(iat)) return checkFailure('token_claims', 'no_time', 'iat must be a number');
    const future = iat !== undefined && iat > now() / 1_000 + MAX_CLOCK_SKEW_SECONDS;
    return future ? checkFailure('token_claims', 'future', 'iat is in the future') : null;
  }

  function checkExpiry({ payload }: TokenContext): CheckFailure | null {
    const { exp, iat } = payload ?? {};
    if (isInvalidTime(exp)) return checkFailure('token_claims', 'no_time', 'exp must be a number');
    if (exp === undefined)
      return requireExpiry ? checkFailure('token_claims', 'missing', 'exp is required') : null;
    if (exp + MAX_CLOCK_SKEW_SECONDS <= nowSeconds())
      return checkFailure('token_expired', 'expired', 'exp has passed');
    if (exp > MAX_TIMESTAMP_SECONDS) return checkFailure('token_claims', 'no_time', 'exp is not a time');
    const before = typeof iat === 'number' && exp < iat;
    return before ? checkFailure('token_claims', 'before_issue', 'exp is before iat') : null;
  }

  function checkLifetime({ payload }: TokenContext): CheckFailure | null {
    const { exp } = payload ?? {};
    if (maxLifetimeHours === null || typeof exp !== 'number') return null;
    const latestExpiry = now() / 1_000 + maxLifetimeHours * 3_600 + MAX_CLOCK_SKEW_SECONDS;
    return exp > latestExpiry
      ? checkFailure('token_claims', 'too_far', `exp is more than ${maxLifetimeHours} hours ahead`)
      : null;
  }

  function checkClaims(context: TokenContext): CheckFailure | null {
    const read = readClaims(context.payload ?? {}, allowLocalHttp);
    if (!read.ok) return { ...checkFailure('token_claims', 'claim', read.reason), claim: read.claim };
    context.member = read.member;
    return null;
  }

  function checkKeyActive(context: TokenContext): CheckFailure | null {
    if (context.signed === null || projects.isKeyActive(projectIdOf(context), context.signed.kid))
      return null;
    return checkFailure('token_invalid', 'key_gone', 'the secret has come to its end');
  }

  function checkCutoff({ member, payload }: TokenContext): CheckFailure | null {
    const issuedAt = (payload?.iat ?? 0) * 1_000;
    if (member === null || !isRevokedByCutoff(projects, member, issuedAt)) return null;
    return checkFailure('token_expired', 'cut_off', 'the token was taken back');
  }

  function checkBan({ member }: TokenContext): CheckFailure | null {
    const refused =
      member && moderationState.activeBan(member.projectId, member.userId, effectiveRank(projects, member));
    return refused && { refused, kind: 'sent_away', reason: 'its bearer was sent away' };
  }

  function checkPageOrigin(context: TokenContext): CheckFailure | null {
    return checkOrigin(projects, projectIdOf(context), context.origin);
  }

  /** Last, and from here on the member has the name that others see. */
  function name(context: TokenContext): MaybePromise<CheckFailure | null> {
    const { member } = context;
    if (member === null) return null;
    return chainMaybePromise(displayNames.displayNameOf(member), (username) => {
      if (username === null) return checkFailure('name_reserved', 'reserved', 'the username is reserved');
      if (username !== member.username) context.member = { ...member, username };
      return null;
    });
  }

  const defineCheck = (
    name: TokenCheckName,
    needs: TokenCheck['needs'],
    isProjectSpecific: boolean,
    run: TokenCheck['run'],
  ): TokenCheck => ({
    name,
    needs,
    isProjectSpecific,
    run,
  });
  return [
    defineCheck('form', 'nothing', false, createFormatCheck()),
    defineCheck('signature', 'payload', true, checkSignature),
    defineCheck('issued', 'payload', false, checkIssuedAt),
    defineCheck('expiry', 'payload', false, checkExpiry),
    defineCheck('lifetime', 'payload', false, checkLifetime),
    defineCheck('claims', 'payload', false, checkClaims),
    defineCheck('held', 'signed', true, checkKeyActive),
    defineCheck('cutoff', 'member', true, checkCutoff),
    defineCheck('exclusion', 'member', true, checkBan),
    defineCheck('origin', 'payload', true, checkPageOrigin),
    defineCheck('name', 'member', true, name),
  ];
}

export function createTokenContext(token: unknown, origin: string | undefined): TokenContext {
  return { token, origin, header: null, payload: null, signed: null, member: null };
}

/** @param issuedAt in milliseconds; null: before all times */
export function isRevokedByCutoff(
  projects: Projects,
  { projectId, userId }: { projectId: string; userId: string },
  issuedAt: number | null,
): boolean {
  const cutoff = projects.tokensValidFrom(projectId, userId);
  return cutoff !== null && (issuedAt ?? 0) < cutoff;
}

export function checkOrigin(
  projects: Projects,
  project: string,
  origin: string | undefined,
): CheckFailure | null {
  const reason = projects.originRefusalReason(project, origin);
  return reason === null
    ? null
    : checkFailure('origin_refused', 'not_allowed', `${origin} may not show the chat: ${reason}`);
}

function createFormatCheck(): (context: TokenContext) => CheckFailure | null {
  /** The tokens of a host begin alike: what they have in common is read once. */
  let cachedHeader: { prefix: string; header: TokenContext['header'] } = { prefix: '', header: null };

  function decodeHeader(token: string): TokenContext['header'] {
    if (cachedHeader.prefix !== '' && token.startsWith(cachedHeader.prefix)) return cachedHeader.header;
    const header = decodeProtectedHeader(token);
    // A copy: a slice would keep somebody's whole token.
    cachedHeader = { prefix: String(Buffer.from(token.slice(0, token.indexOf('.') + 1))), header };
    return header;
  }

  return (context) => {
    const { token } = context;
    if (typeof token !== 'string')
      return checkFailure('token_invalid', 'not_text', 'the token is not a string');
    if (token.length > MAX_TOKEN_LENGTH)
      return checkFailure('token_invalid', 'too_long', `the token is longer than ${MAX_TOKEN_LENGTH}`);
    try {
      context.header = decodeHeader(token);
      context.payload = decodeJwt(token);
      return null;
    } catch (error) {
      return checkFailure('token_invalid', 'not_jwt', errorMessage(error));
    }
  };
}

/** Which project's keys it has to be signed with; '' is none that has a record. */
export function projectIdOf({ payload }: Pick<TokenContext, 'payload'>): string {
  return typeof payload?.projectId === 'string' ? payload.projectId : '';
}

function isInvalidTime(value: unknown): boolean {
  return value !== undefined && typeof value !== 'number';
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function checkFailure(code: RefusalCode, kind: CheckFailureKind, reason: string): CheckFailure {
  return { refused: createRefusal(code), kind, reason };
}
