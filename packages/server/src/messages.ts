/** The rules of talking: store first, deliver what was stored, answer with it. */

import type { Draft } from '@chatty/protocol/check';
import { refusal } from '@chatty/protocol/codes';
import type { Message, SendAnswer } from '@chatty/protocol/events';
import { MAIN_ROOM } from '@chatty/protocol/limits';
import type { VerifiedMember } from './auth.js';
import { type ProjectId, type Store, Unavailable } from './store/store.js';

export type Messages = {
  /** Resolves once the message is durable, with what was stored; refuses with `unavailable` when that is not known. */
  send(member: VerifiedMember, draft: Draft): Promise<SendAnswer>;
};

/** @param publish hands a stored message to everyone of its room */
export function createMessages(options: {
  store: Store;
  publish: (project: ProjectId, room: string, message: Message) => void;
}): Messages {
  const { store, publish } = options;
  return {
    async send(member, draft) {
      try {
        const appended = await store.project(member.projectId).append(MAIN_ROOM, member, draft);
        if (appended.outcome === 'conflict' || appended.outcome === 'not_found') {
          return { ok: false, ...refusal(appended.outcome) };
        }
        const { outcome, message } = appended;
        // A duplicate is published as well: its first try may have been stored without this node learning of it.
        publish(member.projectId, MAIN_ROOM, message);
        return { ok: true, message, duplicate: outcome === 'duplicate' };
      } catch (error) {
        if (error instanceof Unavailable) return { ok: false, ...refusal('unavailable') };
        throw error;
      }
    },
  };
}
