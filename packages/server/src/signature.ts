/** Decides which of a project's keys has signed a token: at once where the key is a secret, by jose where it is a public key. */

import { createHmac, KeyObject, timingSafeEqual } from 'node:crypto';
import { compactVerify, errors } from 'jose';
import type { SigningKey } from './projects.js';
import { Unavailable } from './store/store.js';

/** The key; or that none of them fits, or that the header asks for something that is not done here. */
export type Signer = SigningKey | 'no_match' | 'malformed';

type Header = { alg?: unknown; crit?: unknown };

/**
 * @param token of three parts, whose header and payload have been read (RFC 7515 section 3.1)
 * @param header as it was read
 * @param keys tried in turn
 * @returns a promise only where a key is public: it rejects with `Unavailable` where none fits, but the keys of a host
 * could not be fetched, since the token may be good
 */
export function signerOf(
  token: string,
  header: Header,
  keys: readonly SigningKey[],
): Promise<Signer> | Signer {
  // Extensions that have to be understood (section 4.1.11): none is.
  if (header.crit !== undefined) return 'malformed';
  if (keys.some(({ key }) => !(key instanceof KeyObject))) return publicSignerOf(token, keys);
  if (header.alg !== 'HS256') return 'malformed';
  const end = token.lastIndexOf('.');
  const signed = token.slice(0, end);
  const signature = Buffer.from(token.slice(end + 1));
  return keys.find(({ key }) => key instanceof KeyObject && isOf(signature, signed, key)) ?? 'no_match';
}

/**
 * RFC 7515 section 5.2 and RFC 7518 section 3.2. The texts are compared, not the bytes they stand for, so that a signature
 * has one spelling.
 */
function isOf(signature: Buffer, signed: string, key: KeyObject): boolean {
  const due = Buffer.from(createHmac('sha256', key).update(signed).digest('base64url'));
  return signature.length === due.length && timingSafeEqual(signature, due);
}

async function publicSignerOf(token: string, keys: readonly SigningKey[]): Promise<Signer> {
  let outage: Unavailable | null = null;
  for (const signer of keys) {
    const { key } = signer;
    if (key instanceof KeyObject) continue;
    const options = { algorithms: [...signer.algorithms] };
    try {
      await (typeof key === 'function'
        ? compactVerify(token, key, options)
        : compactVerify(token, key, options));
      return signer;
    } catch (error) {
      if (typeof key === 'function' && isOutage(error))
        outage = new Unavailable(`the JWKS of ${signer.kid} could not be fetched: ${error}`);
      // Only a wrong signature is a reason to try the next.
      else if (!isNoMatch(error)) return 'malformed';
    }
  }
  if (outage !== null) throw outage;
  return 'no_match';
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
