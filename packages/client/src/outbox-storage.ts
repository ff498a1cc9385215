/** Decides which lines on their way are kept over a reload, and for whom: what one person wrote goes out under no other name. */

import type { Session } from '@chatty/protocol';
import type { OutgoingMessage } from './outbox.js';

/** Where lines on their way are kept; must not throw. `owner` names the person and the room they belong to. */
export type OutboxStorage = {
  load(owner: string): OutgoingMessage[];
  save(entries: OutgoingMessage[], owner: string): void;
};

export type OutboxPersistence = {
  /** What this person left on its way here; once each time the person changes. */
  load(session: Session): OutgoingMessage[];
  save(entries: readonly OutgoingMessage[]): void;
};

export function createOutboxPersistence(storage: OutboxStorage): OutboxPersistence {
  let owner: string | null = null;
  let saved: readonly OutgoingMessage[] = [];
  return {
    load({ projectId, room, userId }) {
      const nextOwner = JSON.stringify([projectId, room, userId]);
      if (owner === nextOwner) return [];
      owner = nextOwner;
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
