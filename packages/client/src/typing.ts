/** Decides who counts as typing now: whoever said so a moment ago and has not been heard since. */

import type { Typist } from '@chatty/protocol/events';
import type { Chat } from './chat.js';
import { type Clock, realClock } from './clock.js';

export type Typing = {
  heard(who: Typist): void;
  /** Their message is here. */
  stop(userId: string): void;
  /** No timer is left. */
  end(): void;
};

/** How long a sign of typing counts, in milliseconds: one comes every 3 s while it goes on. */
const LASTS = 5_000;
/** Most people remembered. */
const MOST = 20;

/** @param show is told who is typing, in the order in which they began */
export function createTyping(clock: Clock, show: (typists: Typist[]) => void): Typing {
  const signs = new Map<string, { who: Typist; forget: () => void }>();

  const tell = () => show([...signs.values()].map(({ who }) => who));

  function stop(userId: string): void {
    signs.get(userId)?.forget();
    if (signs.delete(userId)) tell();
  }

  return {
    heard(who) {
      const { userId } = who;
      const known = signs.get(userId);
      known?.forget();
      if (!known && signs.size === MOST) return;
      signs.set(userId, { who, forget: clock.later(() => stop(userId), LASTS) });
      if (!known) tell();
    },
    stop,
    end() {
      for (const { forget } of signs.values()) forget();
    },
  };
}

/** Tells who is typing in the room of a chat, in the order in which they began. Answers how to end that. */
export function watchTyping(chat: Pick<Chat, 'on'>, show: (typists: Typist[]) => void): () => void {
  const typing = createTyping(realClock, show);
  const offs = [
    chat.on('typing', typing.heard),
    chat.on('message', ({ userId }) => typing.stop(userId)),
    typing.end,
  ];
  return () => {
    for (const off of offs) off();
  };
}
