/** Ends the process when the server cannot start, with one sentence for the operator and exit code 1. */

import { StartError } from '@chatty/embedded-postgres';

export { StartError };

/** Prints the sentence of a `StartError`, the stack of any other error, and exits. */
export function exitWithError(error: unknown): never {
  const output =
    error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${output}\n`);
  process.exit(1);
}
