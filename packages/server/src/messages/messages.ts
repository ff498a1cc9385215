/** The rules of talking: store first, deliver what was stored, answer with it. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import type { ChangeAnswer, Message, ReactPayload, SendAnswer } from '@chatty/protocol/events';
import type { Draft } from '@chatty/protocol/validate';
import type { VerifiedMember } from '../auth/auth.js';
import type { Freshness } from '../cluster/change-poller.js';
import type {
  Access,
  Appended,
  Author,
  Changed,
  ProjectId,
  Reacted,
  Refused,
  Store,
} from '../store/store.js';
import type { Conduct } from './permissions.js';

/** Each resolves once the change is durable, with what was stored. Throws `Unavailable` when that is not known. */
export type Messages = {
  send(member: VerifiedMember, draft: Draft): Promise<SendAnswer>;
  edit(member: VerifiedMember, change: { id: number; content: string }): Promise<ChangeAnswer>;
  remove(member: VerifiedMember, change: { id: number }): Promise<ChangeAnswer>;
  react(member: VerifiedMember, reaction: ReactPayload): Promise<ChangeAnswer>;
};

/**
 * @param conduct which messages may go out
 * @param freshness whether it is known who may write
 * @param publish hands a stored message to everyone of its room
 */
export function createMessages(options: {
  store: Store;
  conduct: Conduct;
  freshness: Pick<Freshness, 'isFresh'>;
  publish: (project: ProjectId, room: string, message: Message) => void;
}): Messages {
  const { store, conduct, freshness, publish } = options;

  const accessOf =
    (member: VerifiedMember, refusalOf: (member: VerifiedMember) => Refusal | null): Access =>
    () =>
      freshness.isFresh() ? refusalOf(member) : 'unknown';

  async function change(
    { projectId, room }: VerifiedMember,
    making: Promise<Changed | Reacted | Refused>,
  ): Promise<ChangeAnswer> {
    const changed = await making;
    if (!('message' in changed)) return { ok: false, ...refusalOf(changed) };
    // Published even if it stood so already: the first try may have been stored without this node learning of it.
    publish(projectId, room, changed.message);
    return { ok: true, message: changed.message };
  }

  /**
   * What was stored before the rules, or what they say of its author, changed is not refused afterwards: its author may
   * be asking again because the first answer was lost.
   */
  async function alreadySent(
    member: VerifiedMember,
    { clientId, ...draft }: Draft,
    { retry }: Refusal,
  ): Promise<SendAnswer | null> {
    const { projectId, room, userId } = member;
    // Who is told to come later does, with the same client id.
    if (clientId === null || userId === '' || retry === 'later') return null;
    const sent = await store.project(projectId).sent(room, userId, { clientId, ...draft });
    if (!sent || !(sent.same || conduct.isMasked(member, sent.message.content, draft.content))) return null;
    return { ok: true, message: sent.message, duplicate: true };
  }

  function authorOf(member: VerifiedMember): Author {
    const { userId, username, avatar } = member;
    const role = conduct.roleOf(member);
    return { userId, username, avatar, role: role === 'moderator' || role === 'admin' ? role : null };
  }

  return {
    async send(member, given) {
      const passed = await conduct.sending(member, given);
      if (!passed.ok) return (await alreadySent(member, given, passed)) ?? passed;
      const { draft, undo } = passed;
      const appended = await store
        .project(member.projectId)
        .append(member.room, authorOf(member), draft, accessOf(member, conduct.writing))
        .catch((error) => {
          undo();
          throw error;
        });
      if (!('message' in appended)) {
        undo();
        const refused = refusalOf(appended);
        // The list of words may have been another when it was stored, and so what its author may do.
        const asks = appended.outcome === 'conflict' || appended.outcome === 'refused';
        const known = asks && (await alreadySent(member, given, refused));
        return known || { ok: false, ...refused };
      }
      const { outcome, message } = appended;
      publish(member.projectId, member.room, message);
      return { ok: true, message, duplicate: outcome === 'duplicate' };
    },
    async edit(member, { id, content }) {
      const text = await conduct.editing(member, content);
      if (!text.ok) return text;
      const { projectId, room, userId } = member;
      const access = accessOf(member, conduct.writing);
      return change(member, store.project(projectId).change(room, userId, id, text.content, access));
    },
    remove: (member, { id }) => {
      const { projectId, room, userId } = member;
      const access = accessOf(member, conduct.reading);
      return change(member, store.project(projectId).change(room, userId, id, null, access));
    },
    react: (member, reaction) => {
      const { projectId, room, userId } = member;
      const access = accessOf(member, conduct.writing);
      return change(member, store.project(projectId).react(room, userId, reaction, access));
    },
  };
}

function refusalOf(answer: Exclude<Appended | Changed | Reacted | Refused, { message: Message }>): Refusal {
  return answer.outcome === 'refused' ? answer.refused : refusal(answer.outcome);
}
