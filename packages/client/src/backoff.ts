/** Decides how long to pause between attempts: each pause is twice the one before, up to a limit. */

export type Backoff = {
  /** The pause to make now, in milliseconds. */
  next(): number;
  /** An attempt succeeded: the next pause is the first one again. */
  reset(): void;
};

export function createBackoff(initialMs: number, maxMs: number): Backoff {
  let delayMs = initialMs;
  return {
    next() {
      const current = delayMs;
      delayMs = Math.min(maxMs, delayMs * 2);
      return current;
    },
    reset() {
      delayMs = initialMs;
    },
  };
}
