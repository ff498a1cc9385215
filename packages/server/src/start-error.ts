/** A start that cannot go on, in one sentence for the person who started it: printed as it is, then exit code 1. */
export class StartError extends Error {
  override name = 'StartError';
}
