/** Decides which token is sent and when the host is asked for a new one: near expiry or once expired, never at each reconnect. */

import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';

export type Credentials = {
  /** Null for a guest. */
  readonly token: string | null;
  readonly renewable: boolean;
  setToken(token: string | null): void;
  /** Whether the token expires soon and the host may be asked again. */
  shouldRenew(): boolean;
  /** Asks the host for a token, one call at a time, with growing pauses; resolves to whether there is a new token. */
  renew(): Promise<boolean>;
};

/** How long before its expiry a token is renewed. */
const RENEW_BEFORE_EXPIRY_MS = 60_000;
/** Pause after a call that returned no token, or one that expires soon as well (the local clock may be wrong). */
const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 600_000;
/** Calls in a row that may return no token before the client gives up. */
const MAX_PROVIDER_CALLS = 5;
const PROVIDER_TIMEOUT_MS = 30_000;

export function createCredentials(options: {
  token: string | null;
  provider: (() => Promise<string>) | undefined;
  clock: Clock;
}): Credentials {
  const { provider, clock } = options;
  let { token } = options;
  const backoff = createBackoff(INITIAL_BACKOFF_MS, MAX_BACKOFF_MS);
  let notBefore = 0;
  let renewal: Promise<boolean> | null = null;

  const expiresSoon = () => expiryOf(token) - clock.now() < RENEW_BEFORE_EXPIRY_MS;
  const wait = (delayMs: number) => new Promise<void>((resolve) => void clock.later(resolve, delayMs));

  async function callProvider(): Promise<boolean> {
    for (let tries = 0; provider && tries < MAX_PROVIDER_CALLS; tries += 1) {
      const delayMs = notBefore - clock.now();
      if (delayMs > 0) await wait(delayMs);
      const previousToken = token;
      // A provider that throws or rejects counts as one that has no token yet.
      const newToken = await Promise.race([
        new Promise<string>((resolve) => resolve(provider())).catch(() => ''),
        wait(PROVIDER_TIMEOUT_MS),
      ]);
      notBefore = clock.now() + backoff.next();
      if (token !== previousToken) return true;
      if (!newToken) continue;
      token = newToken;
      if (!expiresSoon()) backoff.reset();
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
    shouldRenew: () => provider !== undefined && expiresSoon() && clock.now() >= notBefore,
    renew() {
      renewal ??= callProvider().finally(() => {
        renewal = null;
      });
      return renewal;
    },
  };
}

/** The expiry of a JWT in milliseconds since 1970, without a check of its signature; Infinity if it has none. */
function expiryOf(token: string | null): number {
  try {
    const payload = atob((token?.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'));
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
