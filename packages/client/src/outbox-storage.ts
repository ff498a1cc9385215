/** Decides which lines on their way are kept over a reload, and for whom: what one person wrote goes out under no other name. */

import type { Session } from '@chatty/protocol/events';
import type { Entry } from './outbox.js';

/** Where lines on their way are kept; must not throw. `owner` names the person and the room they belong to. */
export type OutboxStorage = {
  load(owner: string): Entry[];
  save(entries: Entry[], owner: string): void;
};

export type Kept = {
  /** What this person left on its way here; once each time the person changes. */
  load(session: Session): Entry[];
  save(entries: readonly Entry[]): void;
};

export function createKept(storage: OutboxStorage): Kept {
  let owner: string | null = null;
  let saved: readonly Entry[] = [];
  return {
    load({ projectId, room, userId }) {
      const next = JSON.stringify([projectId, room, userId]);
      if (owner === next) return [];
      owner = next;
      return storage.load(owner);
    },
    save(entries) {
      if (owner === null || entries === saved) return;
      saved = entries;
      storage.save(
        entries.map(({ clientId, content, replyTo, at }) => ({ clientId, content, replyTo, at })),
        owner,
      );
    },
  };
}
