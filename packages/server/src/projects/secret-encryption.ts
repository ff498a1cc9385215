/** Encrypts the secrets in the database with AES-256-GCM and SECRETS_ENCRYPTION_KEY, so that a dump reveals none. */

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export type SecretCipher = {
  /** @param context where the secret belongs: sealed there, it opens nowhere else */
  encrypt(context: string, secret: string): Buffer;
  /** Throws where it was sealed elsewhere, under another key, or has been changed. */
  decrypt(context: string, ciphertext: Buffer): string;
};

const CIPHER = 'aes-256-gcm';
/** In bytes; NIST SP 800-38D section 8.2.2: random ones of 96 bits serve 2^32 secrets. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param key any text; its SHA-256 is the key of the cipher, so it has to be random itself */
export function createSecretCipher(key: string): SecretCipher {
  const cipherKey = createHash('sha256').update(`chatty vault ${key}`).digest();
  return {
    encrypt(context, secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, cipherKey, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, text, cipher.getAuthTag()]);
    },
    decrypt(context, ciphertext) {
      const decipher = createDecipheriv(CIPHER, cipherKey, ciphertext.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(context)).setAuthTag(ciphertext.subarray(-TAG_BYTES));
      return (
        decipher.update(ciphertext.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') +
        decipher.final('utf8')
      );
    },
  };
}
