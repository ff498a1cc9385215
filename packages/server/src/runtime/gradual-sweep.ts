/** Removes expired entries from a map, a few at a time, so that no sweep blocks the event loop. */

export type GradualSweep = {
  /** Checks the next entries. Call it with every use of the map; a timer continues while entries remain. */
  sweepStep(entries?: number): void;
};

/** More than one, so that the sweep gets around although each use may add an entry. */
const ENTRIES_PER_STEP = 2;
const TIMER_INTERVAL_MS = 1_000;
/** Takes about a millisecond. 100,000 entries of an unused map are swept in 20 s. */
const ENTRIES_PER_TIMER_RUN = 5_000;

export const setUnrefTimeout = (milliseconds: number, run: () => void): void =>
  void setTimeout(run, milliseconds).unref();

/**
 * @param options.remove removes an entry from the map
 * @param options.setTimer runs a function after some milliseconds, without keeping the process alive for it
 */
export function createGradualSweep<Value>(options: {
  entries: Map<string, Value>;
  isExpired(value: Value, timeMs: number): boolean;
  now: () => number;
  remove?: (key: string) => void;
  setTimer?: (milliseconds: number, run: () => void) => void;
}): GradualSweep {
  const {
    entries,
    isExpired,
    now,
    remove = (key) => entries.delete(key),
    setTimer = setUnrefTimeout,
  } = options;
  /** A map iterator: it tolerates additions and removals. */
  let cursor = entries.entries();
  let isTimerScheduled = false;

  function sweepNext(count: number): void {
    const timeMs = now();
    for (let checkedCount = 0; checkedCount < count; checkedCount += 1) {
      const next = cursor.next();
      if (next.done) {
        cursor = entries.entries();
        return;
      }
      const [key, value] = next.value;
      if (isExpired(value, timeMs)) remove(key);
    }
  }

  function scheduleTimer(): void {
    if (isTimerScheduled) return;
    isTimerScheduled = true;
    setTimer(TIMER_INTERVAL_MS, () => {
      isTimerScheduled = false;
      sweepNext(ENTRIES_PER_TIMER_RUN);
      if (entries.size > 0) scheduleTimer();
    });
  }

  return {
    sweepStep(count = ENTRIES_PER_STEP) {
      sweepNext(count);
      scheduleTimer();
    },
  };
}
