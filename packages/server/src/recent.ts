/** Decides whether somebody's next message comes too soon after their last, or says the same again. */

import { createHash } from 'node:crypto';
import type { Draft } from '@chatty/protocol/check';
import type { RoomRules } from './room-rules.js';

export type Recent = {
  /** Takes it as sent, unless it may not be; `retryAfter` in milliseconds. A retry of what was taken last is taken again. */
  take(
    key: string,
    draft: Draft,
    rules: Pick<RoomRules, 'slowMode' | 'duplicatesWithin'>,
  ): { ok: true; undo: () => void } | { ok: false; code: 'slow_mode' | 'duplicate'; retryAfter: number };
};

/** `text` is a hash: what people wrote is not kept in yet another place. */
type Sent = { at: number; text: string; clientId: string | null; until: number };

/** Beyond this many entries those that say nothing any more are dropped. */
const SWEEP_AT = 10_000;

/** @param now clock in milliseconds */
export function createRecent(now: () => number): Recent {
  const sent = new Map<string, Sent>();
  let sweepAt = SWEEP_AT;

  function sweep(time: number): void {
    for (const [key, { until }] of sent) if (time >= until) sent.delete(key);
    sweepAt = Math.max(SWEEP_AT, sent.size * 2);
  }

  return {
    take(key, { content, clientId }, { slowMode, duplicatesWithin }) {
      const undo = () => undefined;
      if (slowMode === 0 && duplicatesWithin === 0) return { ok: true, undo };
      const time = now();
      const text = hashOf(content.toLowerCase().replace(/\s+/gu, ''));
      const last = sent.get(key);
      if (last) {
        if (clientId !== null && clientId === last.clientId) return { ok: true, undo };
        const wait = (seconds: number) => last.at + seconds * 1_000 - time;
        if (wait(slowMode) > 0) return { ok: false, code: 'slow_mode', retryAfter: wait(slowMode) };
        if (text === last.text && wait(duplicatesWithin) > 0)
          return { ok: false, code: 'duplicate', retryAfter: wait(duplicatesWithin) };
      }
      const entry = { at: time, text, clientId, until: time + Math.max(slowMode, duplicatesWithin) * 1_000 };
      sent.set(key, entry);
      if (sent.size > sweepAt) sweep(time);
      return {
        ok: true,
        undo() {
          if (sent.get(key) !== entry) return;
          if (last) sent.set(key, last);
          else sent.delete(key);
        },
      };
    },
  };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
