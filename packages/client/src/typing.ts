/** Decides who counts as typing now: whoever said so a moment ago and has not been heard since. */

import type { TypingUser } from '@chatty/protocol';
import type { ChatClient } from './chat.js';
import { type Clock, realClock } from './clock.js';

export type TypingTracker = {
  recordTyping(user: TypingUser): void;
  /** Their message is here. */
  stopTyping(userId: string): void;
  /** No timer is left. */
  dispose(): void;
};

/** How long a sign of typing counts, in milliseconds: one comes every 3 s while it goes on. */
const TYPING_EXPIRY_MS = 5_000;
/** Most people remembered. */
const MAX_TYPING_USERS = 20;

/** @param onChange is told who is typing, in the order in which they began */
export function createTypingTracker(clock: Clock, onChange: (users: TypingUser[]) => void): TypingTracker {
  const typingByUser = new Map<string, { user: TypingUser; cancelExpiry: () => void }>();

  const notify = () => onChange([...typingByUser.values()].map(({ user }) => user));

  function stopTyping(userId: string): void {
    typingByUser.get(userId)?.cancelExpiry();
    if (typingByUser.delete(userId)) notify();
  }

  return {
    recordTyping(user) {
      const { userId } = user;
      const existing = typingByUser.get(userId);
      existing?.cancelExpiry();
      if (!existing && typingByUser.size === MAX_TYPING_USERS) return;
      typingByUser.set(userId, {
        user,
        cancelExpiry: clock.later(() => stopTyping(userId), TYPING_EXPIRY_MS),
      });
      if (!existing) notify();
    },
    stopTyping,
    dispose() {
      for (const { cancelExpiry } of typingByUser.values()) cancelExpiry();
    },
  };
}

/** Tells who is typing in the room of a chat, in the order in which they began. Answers how to end that. */
export function watchTyping(
  chat: Pick<ChatClient, 'on'>,
  onChange: (users: TypingUser[]) => void,
): () => void {
  const tracker = createTypingTracker(realClock, onChange);
  const unsubscribers = [
    chat.on('typing', tracker.recordTyping),
    chat.on('message', ({ userId }) => tracker.stopTyping(userId)),
    tracker.dispose,
  ];
  return () => {
    for (const off of unsubscribers) off();
  };
}
