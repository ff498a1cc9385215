/** Decides whether one may write now: as the server says, and in slow mode not sooner than it asks for. */

import type { Permissions, RefusalCode } from '@chatty/protocol';
import type { Clock } from './clock.js';
import { retryTimeOf, type TimedRefusal, toTimedRefusal } from './refusal.js';

export type WritePermission = {
  /** Why one may not; null: may. */
  readonly writeBlock: TimedRefusal | null;
  /** What the server says. `anew`: it says so to somebody else, for whom nothing counts that was before. */
  set(permissions: Partial<Permissions>, isOtherUser: boolean): void;
  /** A line leaves, or is stored: slow mode counts from here. */
  onSent(clientId: string): void;
  /** It was not taken, and does not count. */
  onFailed(clientId: string, code: RefusalCode, retryAfter: number | undefined): void;
};

/** @param onChange is told each change, also that a time has come */
export function createWritePermission(
  clock: Clock,
  onChange: (writeBlock: TimedRefusal | null) => void,
): WritePermission {
  let writeRefusal: TimedRefusal | null = null;
  let slowMode = 0;
  /** When slow mode lets the next line through, and which line made it so. */
  let nextAllowedAt = 0;
  let limitedBy: string | null = null;
  let writeBlock: TimedRefusal | null = null;
  let cancelTimer = () => {};

  function update(): void {
    cancelTimer();
    const now = clock.now();
    const slowModeBlock: TimedRefusal = { code: 'slow_mode', until: nextAllowedAt };
    const currentBlock =
      [writeRefusal, slowModeBlock].find(
        (block) => block && (block.until ?? Number.POSITIVE_INFINITY) > now,
      ) ?? null;
    if (currentBlock?.until) cancelTimer = clock.later(update, currentBlock.until - now);
    if (currentBlock?.code === writeBlock?.code && currentBlock?.until === writeBlock?.until) return;
    writeBlock = currentBlock;
    onChange(writeBlock);
  }

  function startSlowMode(allowedAt: number, clientId: string): void {
    nextAllowedAt = allowedAt;
    limitedBy = clientId;
    update();
  }

  return {
    get writeBlock() {
      return writeBlock;
    },
    set(permissions, isOtherUser) {
      writeRefusal = permissions.write ? toTimedRefusal(permissions.write, clock.now()) : null;
      slowMode = permissions.slowMode ?? 0;
      if (isOtherUser || slowMode === 0) nextAllowedAt = 0;
      update();
    },
    onSent: (clientId) => startSlowMode(slowMode && clock.now() + slowMode, clientId),
    onFailed(clientId, code, retryAfter) {
      if (code === 'slow_mode') startSlowMode(retryTimeOf(retryAfter, clock.now()) ?? 0, clientId);
      else if (limitedBy === clientId) startSlowMode(0, clientId);
    },
  };
}
