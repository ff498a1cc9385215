/** Slows down password guessing: ten attempts a minute for each account, then a wait. */

export type LoginThrottle = {
  /** Counts a try before its password is looked at, so that tries made at once count too. False: wait. */
  tryAttempt(account: string): boolean;
  /** The password was right: the tries are forgotten. */
  clearAttempts(account: string): void;
};

const MAX_ATTEMPTS = 10;
const WINDOW_MS = 60_000;
/** Beyond this many accounts the oldest is forgotten: made-up names may not fill the memory. */
const MAX_ACCOUNTS = 10_000;

export function createLoginThrottle(now: () => number = () => performance.now()): LoginThrottle {
  const attempts = new Map<string, { count: number; since: number }>();
  return {
    tryAttempt(account) {
      const known = attempts.get(account);
      const entry = known && now() - known.since < WINDOW_MS ? known : { count: 0, since: now() };
      if (entry.count >= MAX_ATTEMPTS) return false;
      entry.count += 1;
      attempts.set(account, entry);
      const [oldest] = attempts.keys();
      if (attempts.size > MAX_ACCOUNTS && oldest !== undefined) attempts.delete(oldest);
      return true;
    },
    clearAttempts: (account) => {
      attempts.delete(account);
    },
  };
}
