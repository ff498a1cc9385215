/** Slows down whoever guesses passwords: ten tries a minute for an account, then a wait. */

export type Brake = {
  /** Counts a try before its password is looked at, so that tries made at once count too. False: wait. */
  takes(account: string): boolean;
  /** The password was right: the tries are forgotten. */
  release(account: string): void;
};

const TRIES = 10;
const WINDOW = 60_000;
/** Beyond this many accounts the oldest is forgotten: made-up names may not fill the memory. */
const ACCOUNTS = 10_000;

export function createBrake(now: () => number = () => performance.now()): Brake {
  const tries = new Map<string, { count: number; since: number }>();
  return {
    takes(account) {
      const known = tries.get(account);
      const entry = known && now() - known.since < WINDOW ? known : { count: 0, since: now() };
      if (entry.count >= TRIES) return false;
      entry.count += 1;
      tries.set(account, entry);
      const [oldest] = tries.keys();
      if (tries.size > ACCOUNTS && oldest !== undefined) tries.delete(oldest);
      return true;
    },
    release: (account) => {
      tries.delete(account);
    },
  };
}
