/** Decides which token is shown, and when the host is asked for a new one: near expiry or once expired, never at each reconnect. */

import type { Clock } from './clock.js';

export type Credentials = {
  /** Null: a guest. */
  readonly token: string | null;
  readonly renewable: boolean;
  setToken(token: string | null): void;
  /** Whether the token ends soon and the host may be asked again. */
  shouldRenew(): boolean;
  /** Asks the host, one call at a time, each time after a longer pause; resolves with whether there is a new token. */
  renew(): Promise<boolean>;
};

/** How long before its end a token is renewed, in milliseconds. */
const RENEW_BEFORE_EXPIRY_MS = 60_000;
/** Pause after a call that brought no token, or one that ends at once as well (this clock may be wrong), in milliseconds. */
const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 600_000;
/** Calls without a token in a row after which it is given up. */
const MAX_PROVIDER_CALLS = 5;
/** Longest wait for the host, in milliseconds. */
const PROVIDER_TIMEOUT_MS = 30_000;

export function createCredentials(options: {
  token: string | null;
  provider: (() => Promise<string>) | undefined;
  clock: Clock;
}): Credentials {
  const { provider, clock } = options;
  let { token } = options;
  let backoffMs = INITIAL_BACKOFF_MS;
  let notBefore = 0;
  let renewal: Promise<boolean> | null = null;

  const endsSoon = () => expiryOf(token) - clock.now() < RENEW_BEFORE_EXPIRY_MS;
  const wait = (delayMs: number) => new Promise<void>((resolve) => void clock.later(resolve, delayMs));

  async function callProvider(): Promise<boolean> {
    for (let tries = 0; provider && tries < MAX_PROVIDER_CALLS; tries += 1) {
      const delayMs = notBefore - clock.now();
      if (delayMs > 0) await wait(delayMs);
      const previousToken = token;
      // A provider that throws, at once or later, has no token to give: that is an answer, and tried again.
      const newToken = await Promise.race([
        new Promise<string>((resolve) => resolve(provider())).catch(() => ''),
        wait(PROVIDER_TIMEOUT_MS),
      ]);
      notBefore = clock.now() + backoffMs;
      backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2);
      if (token !== previousToken) return true;
      if (!newToken) continue;
      token = newToken;
      if (!endsSoon()) backoffMs = INITIAL_BACKOFF_MS;
      return true;
    }
    return false;
  }

  return {
    get token() {
      return token;
    },
    renewable: provider !== undefined,
    setToken(next) {
      token = next;
    },
    shouldRenew: () => provider !== undefined && endsSoon() && clock.now() >= notBefore,
    renew() {
      renewal ??= callProvider().finally(() => {
        renewal = null;
      });
      return renewal;
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
