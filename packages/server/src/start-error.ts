/** A start that cannot go on, in one sentence for the person who started it: printed as it is, then exit code 1. */
export class StartError extends Error {
  override name = 'StartError';
}

/** Ends the process with what went wrong: the sentence of a `StartError`, the stack of anything unforeseen. */
export function exitWith(error: unknown): never {
  const words =
    error instanceof StartError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
