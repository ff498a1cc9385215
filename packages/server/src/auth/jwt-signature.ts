/** Finds the key of a project that signed a token: secrets are checked synchronously, public keys by jose. */

import { createHmac, KeyObject, timingSafeEqual } from 'node:crypto';
import { base64url, compactVerify, errors } from 'jose';
import type { SigningKey } from '../projects/projects.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';
import { UnavailableError } from '../runtime/unavailable-error.js';

/** No key matches the signature, or the signature cannot be checked. `reason` is for the log. */
export type SignatureFailure = { kind: 'no_match' | 'malformed'; reason: string };
export type SignatureResult = { key: SigningKey } | SignatureFailure;

type JoseHeader = { alg?: unknown; crit?: unknown };

const NO_MATCH: SignatureFailure = { kind: 'no_match', reason: 'signature verification failed' };

/**
 * @param token of three parts, with a valid header and payload (RFC 7515 section 3.1)
 * @param header decoded
 * @param keys tried in turn; either all are secrets or none is
 * @returns a promise only for public keys. It rejects with `UnavailableError` if no key matches and a host's keys could not
 * be fetched: the token may be valid
 */
export function findSigningKey(
  token: string,
  header: JoseHeader,
  keys: readonly SigningKey[],
): MaybePromise<SignatureResult> {
  // Critical extensions must be understood (section 4.1.11), and none is supported.
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

/** Tolerates padding and trailing spaces, which some hosts send, as jose does; null: invalid. */
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
      // Only after a wrong signature is the next key tried.
      else if (!isNoMatch(error)) return malformed(error instanceof Error ? error.message : String(error));
    }
  }
  if (outage !== null) throw outage;
  return NO_MATCH;
}

const malformed = (reason: string): SignatureFailure => ({ kind: 'malformed', reason });

/** The token was signed with another key. */
function isNoMatch(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
}

/** Errors of fetching a JWKS (network errors, invalid answers), which say nothing about the token. */
function isJwksOutage(error: unknown): boolean {
  const plain = error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC';
  return plain || error instanceof errors.JWKSTimeout || error instanceof TypeError;
}
