/** The database cannot be started. The message is one sentence for the operator; it is printed without a stack. */
export class StartError extends Error {
  override name = 'StartError';
}
