/** Decides whether one may write now: as the server says, and in slow mode not sooner than it asks for. */

import type { Code } from '@chatty/protocol/errors';
import type { Permissions } from '@chatty/protocol/events';
import type { Clock } from './clock.js';
import { type Reason, reasonOf, untilOf } from './refusal.js';

export type Permit = {
  /** Why one may not; null: may. */
  readonly bar: Reason | null;
  /** What the server says. `anew`: it says so to somebody else, for whom nothing counts that was before. */
  set(permissions: Partial<Permissions>, anew: boolean): void;
  /** A line leaves, or is stored: slow mode counts from here. */
  sent(clientId: string): void;
  /** It was not taken, and does not count. */
  failed(clientId: string, code: Code, retryAfter: number | undefined): void;
};

/** @param changed is told each change, also that a time has come */
export function createPermit(clock: Clock, changed: (bar: Reason | null) => void): Permit {
  let write: Reason | null = null;
  let slowMode = 0;
  /** When slow mode lets the next line through, and which line made it so. */
  let next = 0;
  let by: string | null = null;
  let bar: Reason | null = null;
  let stop = () => {};

  function look(): void {
    stop();
    const now = clock.now();
    const slow: Reason = { code: 'slow_mode', until: next };
    const found =
      [write, slow].find((each) => each && (each.until ?? Number.POSITIVE_INFINITY) > now) ?? null;
    if (found?.until) stop = clock.later(look, found.until - now);
    if (found?.code === bar?.code && found?.until === bar?.until) return;
    bar = found;
    changed(bar);
  }

  function count(from: number, clientId: string): void {
    next = from;
    by = clientId;
    look();
  }

  return {
    get bar() {
      return bar;
    },
    set(permissions, anew) {
      write = permissions.write ? reasonOf(permissions.write, clock.now()) : null;
      slowMode = permissions.slowMode ?? 0;
      if (anew || slowMode === 0) next = 0;
      look();
    },
    sent: (clientId) => count(slowMode && clock.now() + slowMode, clientId),
    failed(clientId, code, retryAfter) {
      if (code === 'slow_mode') count(untilOf(retryAfter, clock.now()) ?? 0, clientId);
      else if (by === clientId) count(0, clientId);
    },
  };
}
