/** Decides which token is shown, and when the host is asked for a new one: near expiry or once expired, never at each reconnect. */

import type { Clock } from './clock.js';

export type Credentials = {
  /** Null: a guest. */
  readonly token: string | null;
  readonly renewable: boolean;
  replace(token: string | null): void;
  /** Whether the token ends soon and the host may be asked again. */
  due(): boolean;
  /** Asks the host, one call at a time, each time after a longer pause; resolves with whether there is a new token. */
  renew(): Promise<boolean>;
};

/** How long before its end a token is renewed, in milliseconds. */
const EARLY = 60_000;
/** Pause after a call that brought no token, or one that ends at once as well (this clock may be wrong), in milliseconds. */
const FIRST_PAUSE = 1_000;
const LAST_PAUSE = 600_000;
/** Calls without a token in a row after which it is given up. */
const TRIES = 5;
/** Longest wait for the host, in milliseconds. */
const PATIENCE = 30_000;

export function createCredentials(options: {
  token: string | null;
  provider: (() => Promise<string>) | undefined;
  clock: Clock;
}): Credentials {
  const { provider, clock } = options;
  let { token } = options;
  let pause = FIRST_PAUSE;
  let notBefore = 0;
  let running: Promise<boolean> | null = null;

  const endsSoon = () => expiryOf(token) - clock.now() < EARLY;
  const wait = (length: number) => new Promise<void>((resolve) => void clock.later(resolve, length));

  async function call(): Promise<boolean> {
    for (let tries = 0; provider && tries < TRIES; tries += 1) {
      const rest = notBefore - clock.now();
      if (rest > 0) await wait(rest);
      const asked = token;
      // A provider that throws, at once or later, has no token to give: that is an answer, and tried again.
      const given = await Promise.race([
        new Promise<string>((resolve) => resolve(provider())).catch(() => ''),
        wait(PATIENCE),
      ]);
      notBefore = clock.now() + pause;
      pause = Math.min(LAST_PAUSE, pause * 2);
      if (token !== asked) return true;
      if (!given) continue;
      token = given;
      if (!endsSoon()) pause = FIRST_PAUSE;
      return true;
    }
    return false;
  }

  return {
    get token() {
      return token;
    },
    renewable: provider !== undefined,
    replace(next) {
      token = next;
    },
    due: () => provider !== undefined && endsSoon() && clock.now() >= notBefore,
    renew() {
      running ??= call().finally(() => {
        running = null;
      });
      return running;
    },
  };
}

/** When a JWT says it ends, in milliseconds, without looking at its signature; never where it does not say. */
function expiryOf(token: string | null): number {
  try {
    const payload = atob((token?.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'));
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
