/** Decides whether a member's message comes too soon after the last one (slow mode) or repeats a recent one. */

import { createHash } from 'node:crypto';
import type { Draft } from '@chatty/protocol';
import type { RoomRules } from '../moderation/room-rules.js';
import { createGradualSweep, setUnrefTimeout } from '../runtime/gradual-sweep.js';
import { createRecentTexts, type SentText } from './repeated-texts.js';

export type SlowMode = {
  /**
   * Counts the message as sent, or refuses it; `retryAfter` in milliseconds. A retry of an accepted message is accepted.
   * `release` undoes the counting.
   */
  tryAcquire(
    key: string,
    draft: Draft,
    rules: Pick<RoomRules, 'slowMode' | 'duplicatesWithin'>,
  ): { ok: true; release: () => void } | { ok: false; code: 'slow_mode' | 'duplicate'; retryAfter: number };
  /** Entries in memory: members of rooms, and texts. */
  readonly count: { people: number; texts: number };
};

/** Members whose last message is remembered, about 15 MB. Beyond that the oldest is forgotten. */
const MAX_PEOPLE = 100_000;
/** 96 bits of SHA-256 in base64: no collisions in practice. */
const TEXT_HASH_LENGTH = 16;

/**
 * @param now monotonic clock in milliseconds
 * @param setTimer starts the timer of the sweep
 */
export function createSlowMode(
  now: () => number,
  setTimer: (milliseconds: number, run: () => void) => void = setUnrefTimeout,
): SlowMode {
  const lastSent = new Map<string, SentText & { expiresAt: number }>();
  const texts = createRecentTexts();
  /** Earlier texts expire no later than the last message. */
  const forget = (key: string) => {
    lastSent.delete(key);
    texts.clear(key);
  };
  const sweep = createGradualSweep({
    entries: lastSent,
    isExpired: ({ expiresAt }, time) => time >= expiresAt,
    now,
    remove: forget,
    setTimer,
  });

  return {
    tryAcquire(key, { content, clientId }, { slowMode, duplicatesWithin }) {
      const release = () => undefined;
      if (slowMode === 0 && duplicatesWithin === 0) return { ok: true, release };
      const time = now();
      const previous = lastSent.get(key);
      const isRetry =
        clientId !== null && (previous?.clientId === clientId || texts.hasClientId(key, clientId));
      if (isRetry) return { ok: true, release };
      const text = hashText(content);
      const remainingMs = (sent: SentText | undefined, seconds: number) =>
        sent === undefined ? 0 : sent.at + seconds * 1_000 - time;
      const slowModeWait = remainingMs(previous, slowMode);
      if (slowModeWait > 0) return { ok: false, code: 'slow_mode', retryAfter: slowModeWait };
      const duplicateWait = remainingMs(texts.find(key, text), duplicatesWithin);
      if (duplicateWait > 0) return { ok: false, code: 'duplicate', retryAfter: duplicateWait };

      const newEntry = {
        at: time,
        text,
        clientId,
        expiresAt: time + Math.max(slowMode, duplicatesWithin) * 1_000,
      };
      // Set again, so that the map is ordered by the time of the last message.
      lastSent.delete(key);
      const [oldest] = lastSent.keys();
      if (oldest !== undefined && lastSent.size >= MAX_PEOPLE) forget(oldest);
      lastSent.set(key, newEntry);
      if (duplicatesWithin > 0) texts.add(key, newEntry, time - duplicatesWithin * 1_000);
      sweep.sweepStep();
      return {
        ok: true,
        release() {
          texts.remove(key, newEntry);
          if (lastSent.get(key) !== newEntry) return;
          if (previous) lastSent.set(key, previous);
          else lastSent.delete(key);
        },
      };
    },
    get count() {
      return { people: lastSent.size, texts: texts.count };
    },
  };
}

/** Ignores case, spaces and invisible characters. A hash, so that no message text is stored in another place. */
function hashText(text: string): string {
  const plain = text.toLowerCase().replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, '');
  return createHash('sha256').update(plain).digest('base64').slice(0, TEXT_HASH_LENGTH);
}
