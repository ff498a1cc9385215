/** A start that cannot go on, in one sentence for the operator: printed without a stack, then exit code 1. */

import { StartError } from '@chatty/embedded-postgres';

export { StartError };

/** Ends the process with what went wrong: the sentence of a `StartError`, the stack of anything unforeseen. */
export function exitWithError(error: unknown): never {
  const output =
    error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${output}\n`);
  process.exit(1);
}
