/** Slows down whoever guesses passwords: ten wrong ones a minute for an account, then a wait. */

export type Brake = { allows(account: string): boolean; failed(account: string): void };

const FAILURES = 10;
const WINDOW = 60_000;
const ACCOUNTS = 1_000;

export function createBrake(now: () => number = Date.now): Brake {
  const failures = new Map<string, { count: number; since: number }>();
  const recent = (account: string) => {
    const entry = failures.get(account);
    return entry && now() - entry.since < WINDOW ? entry : null;
  };
  return {
    allows: (account) => (recent(account)?.count ?? 0) < FAILURES,
    failed(account) {
      const entry = recent(account) ?? { count: 0, since: now() };
      entry.count += 1;
      // Made-up account names may not fill the memory.
      if (failures.size >= ACCOUNTS) failures.clear();
      failures.set(account, entry);
    },
  };
}
