/** Seals the secrets that the database keeps, so that a dump of it reveals none: AES-256-GCM under a key of the environment. */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export type Vault = {
  /** @param place where the secret belongs: sealed there, it opens nowhere else */
  seal(place: string, secret: string): Buffer;
  /** Throws where it was sealed elsewhere, under another key, or has been changed. */
  open(place: string, sealed: Buffer): string;
};

const CIPHER = 'aes-256-gcm';
/** In bytes; NIST SP 800-38D section 8.2.2: random ones of 96 bits serve 2^32 secrets. */
const NONCE = 12;
const TAG = 16;

/** @param key any text; its SHA-256 is the key of the cipher, so it has to be random itself */
export function createVault(key: string): Vault {
  const cipherKey = createHash('sha256').update(`chatty vault ${key}`).digest();
  return {
    seal(place, secret) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(CIPHER, cipherKey, nonce).setAAD(Buffer.from(place));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, text, cipher.getAuthTag()]);
    },
    open(place, sealed) {
      const decipher = createDecipheriv(CIPHER, cipherKey, sealed.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(-TAG));
      return decipher.update(sealed.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
