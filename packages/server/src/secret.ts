/** Keeps a random secret in a file of the data folder: made once, the same ever after. */

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** Reads the secret of `file`, or makes one of `bytes` random bytes (as hex), readable by its owner only. */
export function keepSecret(file: string, bytes = 32): string {
  try {
    // wx: of two starts at the same moment one writes, the other reads.
    writeFileSync(file, `${randomBytes(bytes).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
