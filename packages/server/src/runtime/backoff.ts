/** Decides how long to wait before the next try: twice as long after each failure, up to a maximum. */

export type Backoff = {
  /** The wait before the next try, in milliseconds. */
  next(): number;
  /** To be called after a success: the next wait is the shortest again. */
  reset(): void;
};

export function createBackoff(options: { minMs: number; maxMs: number }): Backoff {
  const { minMs, maxMs } = options;
  let delayMs = minMs;
  return {
    next() {
      const current = delayMs;
      delayMs = Math.min(maxMs, delayMs * 2);
      return current;
    },
    reset() {
      delayMs = minMs;
    },
  };
}
