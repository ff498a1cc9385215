/** A token while it is being checked: what the checks have found out so far, and how a failed check is described. */

import {
  createRefusal,
  type Refusal,
  type RefusalCode,
  type RequiredClaim,
  type TokenMember,
} from '@chatty/protocol';
import type { JWTPayload } from 'jose';
import type { SigningKey } from '../projects/projects.js';

/** Fields are null until a check has set them. */
export type TokenContext = {
  readonly token: unknown;
  /** The origin of the page, as the browser reports it; undefined: not a browser. */
  readonly origin: string | undefined;
  header: Readonly<{ alg?: unknown; kid?: unknown; crit?: unknown }> | null;
  /** The claims, not to be trusted until `signed` is set. */
  payload: JWTPayload | null;
  /** The key that matches the signature. */
  signed: SigningKey | null;
  member: TokenMember | null;
};

/** `kind`: what went wrong within the check. `reason` is for the log only. */
export type CheckFailure = {
  refused: Refusal;
  kind: CheckFailureKind;
  reason: string;
  claim?: RequiredClaim;
};

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

export function createTokenContext(token: unknown, origin: string | undefined): TokenContext {
  return { token, origin, header: null, payload: null, signed: null, member: null };
}

/** The project whose keys may sign the token; '' if it names none. */
export function projectIdOf({ payload }: Pick<TokenContext, 'payload'>): string {
  return typeof payload?.projectId === 'string' ? payload.projectId : '';
}

export function checkFailure(code: RefusalCode, kind: CheckFailureKind, reason: string): CheckFailure {
  return { refused: createRefusal(code), kind, reason };
}
