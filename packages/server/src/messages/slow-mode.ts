/** Decides whether somebody's next message comes too soon after their last, or says again what they said a while ago. */

import { createHash } from 'node:crypto';
import type { Draft } from '@chatty/protocol/validate';
import type { RoomRules } from '../moderation/room-rules.js';
import { createGradualSweep, unrefTimer } from '../runtime/gradual-sweep.js';
import { createRecentTexts, type Sent } from './repeated-texts.js';

export type Recent = {
  /** Takes it as sent, unless it may not be; `retryAfter` in milliseconds. A retry of what was taken is taken again. */
  take(
    key: string,
    draft: Draft,
    rules: Pick<RoomRules, 'slowMode' | 'duplicatesWithin'>,
  ): { ok: true; undo: () => void } | { ok: false; code: 'slow_mode' | 'duplicate'; retryAfter: number };
  /** How many are remembered: people in a room, and texts. */
  readonly count: { people: number; texts: number };
};

/** Most people of a room whose last message is remembered, about 15 MB: then the one of the oldest is forgotten. */
const MOST = 100_000;
/** 96 bits of SHA-256 in base64: nobody meets another's by chance. */
const HASH_LENGTH = 16;

/**
 * @param now clock in milliseconds
 * @param timer of the sweep
 */
export function createRecent(
  now: () => number,
  timer: (milliseconds: number, run: () => void) => void = unrefTimer,
): Recent {
  const last = new Map<string, Sent & { until: number }>();
  const texts = createRecentTexts();
  /** What was said before the last message is over when that is. */
  const forget = (key: string) => {
    last.delete(key);
    texts.forget(key);
  };
  const sweep = createGradualSweep({
    entries: last,
    isExpired: ({ until }, time) => time >= until,
    now,
    drop: forget,
    timer,
  });

  return {
    take(key, { content, clientId }, { slowMode, duplicatesWithin }) {
      const undo = () => undefined;
      if (slowMode === 0 && duplicatesWithin === 0) return { ok: true, undo };
      const time = now();
      const before = last.get(key);
      const isRetry =
        clientId !== null && (before?.clientId === clientId || texts.hasClientId(key, clientId));
      if (isRetry) return { ok: true, undo };
      const text = hashOf(content);
      const left = (sent: Sent | undefined, seconds: number) =>
        sent === undefined ? 0 : sent.at + seconds * 1_000 - time;
      const pause = left(before, slowMode);
      if (pause > 0) return { ok: false, code: 'slow_mode', retryAfter: pause };
      const repeated = left(texts.find(key, text), duplicatesWithin);
      if (repeated > 0) return { ok: false, code: 'duplicate', retryAfter: repeated };

      const entry = { at: time, text, clientId, until: time + Math.max(slowMode, duplicatesWithin) * 1_000 };
      // Whoever has said something last comes last.
      last.delete(key);
      const [silent] = last.keys();
      if (silent !== undefined && last.size >= MOST) forget(silent);
      last.set(key, entry);
      if (duplicatesWithin > 0) texts.add(key, entry, time - duplicatesWithin * 1_000);
      sweep.step();
      return {
        ok: true,
        undo() {
          texts.remove(key, entry);
          if (last.get(key) !== entry) return;
          if (before) last.set(key, before);
          else last.delete(key);
        },
      };
    },
    get count() {
      return { people: last.size, texts: texts.count };
    },
  };
}

/** Of the text without case, spaces and what is not seen; what people wrote is not stored in yet another place. */
function hashOf(text: string): string {
  const plain = text.toLowerCase().replace(/[\s\p{Default_Ignorable_Code_Point}]+/gu, '');
  return createHash('sha256').update(plain).digest('base64').slice(0, HASH_LENGTH);
}
