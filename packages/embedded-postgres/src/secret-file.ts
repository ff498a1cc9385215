/** Keeps a random secret in a file of the data folder: made once, the same ever after. */

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { StartError } from './startup-error.js';

/**
 * Reads the secret of `file`, or makes one of `bytes` random bytes (as hex), readable by its owner only.
 * @throws StartError where the file is there and empty; the file system's error where it cannot be made
 */
export function loadOrCreateSecret(file: string, bytes = 32): string {
  if (!existsSync(file)) createSecretFile(file, bytes);
  const secret = readFileSync(file, 'utf8').trim();
  if (secret === '') throw new StartError(`The file ${file} should hold a secret and is empty: delete it.`);
  return secret;
}

/** Written beside, then linked: of two starts at the same moment one wins, and nobody ever reads half a secret. */
function createSecretFile(file: string, bytes: number): void {
  const tempFile = `${file}.${process.pid}`;
  rmSync(tempFile, { force: true });
  const handle = openSync(tempFile, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(bytes).toString('hex')}\n`);
    fsyncSync(handle);
    linkSync(tempFile, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    closeSync(handle);
    rmSync(tempFile, { force: true });
  }
}
