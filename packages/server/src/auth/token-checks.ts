/** The checks a token has to pass, in order. Authentication stops at the first failure; the token doctor runs all of them. */

import { readClaims } from '@chatty/protocol';
import type { DisplayNames } from '../moderation/display-names.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import { effectiveRank } from '../moderation/ranks.js';
import type { Projects, SigningKey } from '../projects/projects.js';
import { chainMaybePromise, type MaybePromise } from '../runtime/maybe-promise.js';
import { findSigningKey } from './jwt-signature.js';
import { checkExpiry, checkIssuedAt, checkLifetime } from './time-claims.js';
import { type CheckFailure, checkFailure, projectIdOf, type TokenContext } from './token-context.js';
import { createFormatCheck } from './token-format.js';

export type TokenCheckName =
  | 'form'
  | 'signature'
  | 'issued'
  | 'expiry'
  | 'lifetime'
  | 'claims'
  | 'revocation'
  | 'cutoff'
  | 'exclusion'
  | 'origin'
  | 'name';

export type TokenCheck = {
  readonly name: TokenCheckName;
  /** The field of the context that an earlier check must have set. */
  readonly needs: 'nothing' | 'payload' | 'signed' | 'member';
  /** Whether it depends on the project that the token names, and not on the token alone. */
  readonly isProjectSpecific: boolean;
  /** Throws `UnavailableError` where the result cannot be known now. */
  run(context: TokenContext): MaybePromise<CheckFailure | null>;
};

export type TokenRules = {
  /** Refuse tokens without `exp`. */
  requireExpiry: boolean;
  /** Longest lifetime from now that `exp` may grant, in hours; null: any. */
  maxLifetimeHours: number | null;
  /** Allow avatars and profiles on an http server of the reader's own machine, for development. */
  allowLocalHttp: boolean;
};

type TokenCheckOptions = {
  projects: Projects;
  moderationState: ModerationState;
  displayNames: DisplayNames;
  /** A key that signs nothing: an unknown project takes the same time as a wrong signature (J19). */
  decoyKey: SigningKey;
  rules: TokenRules;
  /** Wall-clock time in milliseconds. */
  now: () => number;
};

export function createTokenChecks(options: TokenCheckOptions): readonly TokenCheck[] {
  const { projects, now } = options;
  const { requireExpiry, maxLifetimeHours, allowLocalHttp } = options.rules;
  const check = (
    name: TokenCheckName,
    needs: TokenCheck['needs'],
    isProjectSpecific: boolean,
    run: TokenCheck['run'],
  ): TokenCheck => ({ name, needs, isProjectSpecific, run });
  return [
    check('form', 'nothing', false, createFormatCheck()),
    check('signature', 'payload', true, (context) => checkSignature(context, options)),
    check('issued', 'payload', false, (context) => checkIssuedAt(context, now())),
    check('expiry', 'payload', false, (context) => checkExpiry(context, now(), requireExpiry)),
    check('lifetime', 'payload', false, (context) => checkLifetime(context, now(), maxLifetimeHours)),
    check('claims', 'payload', false, (context) => checkClaims(context, allowLocalHttp)),
    check('revocation', 'signed', true, (context) => checkKeyActive(context, projects)),
    check('cutoff', 'member', true, (context) => checkCutoff(context, projects)),
    check('exclusion', 'member', true, (context) => checkBan(context, options)),
    check('origin', 'payload', true, (context) =>
      checkOrigin(projects, projectIdOf(context), context.origin),
    ),
    // Last: it sets the name that others see.
    check('name', 'member', true, (context) => resolveDisplayName(context, options)),
  ];
}

function checkSignature(
  context: TokenContext,
  { projects, decoyKey }: TokenCheckOptions,
): MaybePromise<CheckFailure | null> {
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

function checkClaims(context: TokenContext, allowLocalHttp: boolean): CheckFailure | null {
  const read = readClaims(context.payload ?? {}, allowLocalHttp);
  if (!read.ok) return { ...checkFailure('token_claims', 'claim', read.reason), claim: read.claim };
  context.member = read.member;
  return null;
}

function checkKeyActive(context: TokenContext, projects: Projects): CheckFailure | null {
  if (context.signed === null || projects.isKeyActive(projectIdOf(context), context.signed.kid)) return null;
  return checkFailure('token_invalid', 'key_gone', 'the key has expired or was revoked');
}

function checkCutoff({ member, payload }: TokenContext, projects: Projects): CheckFailure | null {
  const issuedAt = (payload?.iat ?? 0) * 1_000;
  if (member === null || !isRevokedByCutoff(projects, member, issuedAt)) return null;
  return checkFailure('token_expired', 'cut_off', 'the token was revoked by a cutoff');
}

function checkBan(
  { member }: TokenContext,
  { moderationState, projects }: TokenCheckOptions,
): CheckFailure | null {
  const refused =
    member && moderationState.activeBan(member.projectId, member.userId, effectiveRank(projects, member));
  return refused && { refused, kind: 'sent_away', reason: 'the member is banned or kicked' };
}

function resolveDisplayName(
  context: TokenContext,
  { displayNames }: TokenCheckOptions,
): MaybePromise<CheckFailure | null> {
  const { member } = context;
  if (member === null) return null;
  return chainMaybePromise(displayNames.displayNameOf(member), (username) => {
    if (username === null) return checkFailure('name_reserved', 'reserved', 'the username is reserved');
    if (username !== member.username) context.member = { ...member, username };
    return null;
  });
}

/** Whether the project has revoked tokens of this user that were issued before some time. @param issuedAt in milliseconds; null: unknown, which counts as before */
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
