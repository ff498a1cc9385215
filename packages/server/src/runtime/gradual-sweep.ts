/** Drops the entries of a map that have expired, a few at a time: it shrinks by itself, and no sweep holds up the process. */

export type GradualSweep = {
  /** Looks at the next entries. To be called with every use of the map; while entries are left, a timer does so too. */
  sweepStep(entries?: number): void;
};

/** More than one: the sweep goes round although each use adds an entry. */
const ENTRIES_PER_STEP = 2;
const TIMER_INTERVAL_MS = 1_000;
/** About a millisecond; 100,000 entries of a map that nobody uses take 20 s. */
const ENTRIES_PER_TIMER_RUN = 5_000;

export const setUnrefTimeout = (milliseconds: number, run: () => void): void =>
  void setTimeout(run, milliseconds).unref();

/**
 * @param isExpired at a time in milliseconds
 * @param drop takes an entry out of the map
 * @param timer runs something after some milliseconds, without keeping the process alive for it
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
  /** Goes on over what is added and dropped meanwhile. */
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
