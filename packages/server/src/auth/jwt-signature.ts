/** Decides which of a project's keys has signed a token: at once where the key is a secret, by jose where it is a public key. */

import { createHmac, KeyObject, timingSafeEqual } from 'node:crypto';
import { base64url, compactVerify, errors } from 'jose';
import type { SigningKey } from '../projects/projects.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';
import { UnavailableError } from '../runtime/unavailable-error.js';

/** Why a token is nobody's: none of the keys fits its signature, or that cannot be checked. `reason` is for the log. */
export type SignatureFailure = { kind: 'no_match' | 'malformed'; reason: string };
export type SignatureResult = { key: SigningKey } | SignatureFailure;

type JoseHeader = { alg?: unknown; crit?: unknown };

const NO_MATCH: SignatureFailure = { kind: 'no_match', reason: 'signature verification failed' };

/**
 * @param token of three parts, whose header and payload have been read (RFC 7515 section 3.1)
 * @param header as it was read
 * @param keys tried in turn; all are secrets, or none is
 * @returns a promise only where a key is public: it rejects with `Unavailable` where none fits, but the keys of a host
 * could not be fetched, since the token may be good
 */
export function findSigningKey(
  token: string,
  header: JoseHeader,
  keys: readonly SigningKey[],
): MaybePromise<SignatureResult> {
  // Extensions that have to be understood (section 4.1.11): none is.
  if (header.crit !== undefined) return malformed('extensions (crit) are not known here');
  if (!keys.every(({ key }) => key instanceof KeyObject)) return findPublicSigningKey(token, keys);
  if (header.alg !== 'HS256') return malformed('its algorithm is not that of the key');
  const end = token.lastIndexOf('.');
  const signature = decodeBase64Url(token.slice(end + 1));
  if (signature === null) return malformed('the signature is not base64url');
  const signed = token.slice(0, end);
  const key = keys.find(
    (candidate) => candidate.key instanceof KeyObject && matchesSignature(signature, signed, candidate.key),
  );
  return key ? { key } : NO_MATCH;
}

/** As jose reads it, so that padding and blanks at the end, which some hosts send, do no harm; null: it cannot be read. */
function decodeBase64Url(text: string): Uint8Array | null {
  try {
    return base64url.decode(text);
  } catch {
    return null;
  }
}

/** RFC 7515 section 5.2 and RFC 7518 section 3.2. */
function matchesSignature(signature: Uint8Array, signed: string, key: KeyObject): boolean {
  const expected = createHmac('sha256', key).update(signed).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

async function findPublicSigningKey(token: string, keys: readonly SigningKey[]): Promise<SignatureResult> {
  let outage: UnavailableError | null = null;
  for (const candidate of keys) {
    const { key } = candidate;
    if (key instanceof KeyObject) return malformed('its algorithm is not that of the key');
    const options = { algorithms: [...candidate.algorithms] };
    try {
      await (typeof key === 'function'
        ? compactVerify(token, key, options)
        : compactVerify(token, key, options));
      return { key: candidate };
    } catch (error) {
      if (typeof key === 'function' && isJwksOutage(error))
        outage = new UnavailableError(`the JWKS of ${candidate.kid} could not be fetched: ${error}`);
      // Only a wrong signature is a reason to try the next.
      else if (!isNoMatch(error)) return malformed(error instanceof Error ? error.message : String(error));
    }
  }
  if (outage !== null) throw outage;
  return NO_MATCH;
}

const malformed = (reason: string): SignatureFailure => ({ kind: 'malformed', reason });

/** The key is not the one the token was signed with. */
function isNoMatch(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
}

/** What fetching a JWKS throws, from the network or as an answer that is none: neither says anything of the token. */
function isJwksOutage(error: unknown): boolean {
  const plain = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
  return plain || error instanceof errors.JWKSTimeout || error instanceof TypeError;
}
