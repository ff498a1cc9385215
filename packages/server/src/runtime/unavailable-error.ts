/** The error for "try again later": a dependency did not answer in time, or too much work is waiting. */

/** After a failed write it is unknown whether the write was stored: repeating it with the same client id is safe. */
export class UnavailableError extends Error {
  override name = 'Unavailable';
}
