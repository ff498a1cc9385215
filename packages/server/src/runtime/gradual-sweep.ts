/** Drops the entries of a map that have expired, a few at a time: it shrinks by itself, and no sweep holds up the process. */

export type GradualSweep = {
  /** Looks at the next entries. To be called with every use of the map; while entries are left, a timer does so too. */
  step(entries?: number): void;
};

/** More than one: the sweep goes round although each use adds an entry. */
const ENTRIES_A_STEP = 2;
const TIMER_MS = 1_000;
/** About a millisecond; 100,000 entries of a map that nobody uses take 20 s. */
const ENTRIES_A_TIMER = 5_000;

export const unrefTimer = (milliseconds: number, run: () => void): void =>
  void setTimeout(run, milliseconds).unref();

/**
 * @param isExpired at a time in milliseconds
 * @param drop takes an entry out of the map
 * @param timer runs something after some milliseconds, without keeping the process alive for it
 */
export function createGradualSweep<Value>(options: {
  entries: Map<string, Value>;
  isExpired(value: Value, time: number): boolean;
  now: () => number;
  drop?: (key: string) => void;
  timer?: (milliseconds: number, run: () => void) => void;
}): GradualSweep {
  const { entries, isExpired, now, drop = (key) => entries.delete(key), timer = unrefTimer } = options;
  /** Goes on over what is added and dropped meanwhile. */
  let rest = entries.entries();
  let isTimed = false;

  function look(count: number): void {
    const time = now();
    for (let looked = 0; looked < count; looked += 1) {
      const next = rest.next();
      if (next.done) {
        rest = entries.entries();
        return;
      }
      const [key, value] = next.value;
      if (isExpired(value, time)) drop(key);
    }
  }

  function awaitTimer(): void {
    if (isTimed) return;
    isTimed = true;
    timer(TIMER_MS, () => {
      isTimed = false;
      look(ENTRIES_A_TIMER);
      if (entries.size > 0) awaitTimer();
    });
  }

  return {
    step(count = ENTRIES_A_STEP) {
      look(count);
      awaitTimer();
    },
  };
}
