/** The rules of talking: store first, deliver what was stored, answer with it. */

import type { ChangeAnswer, Draft, Message, ReactPayload, SendAnswer } from '@chatty/protocol';
import { createRefusal, type Refusal } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { Freshness } from '../cluster/change-poller.js';
import type {
  AccessCheck,
  AppendResult,
  Author,
  EditResult,
  ProjectId,
  ReactResult,
  RefusedResult,
  Store,
} from '../store/store.js';
import type { RoomPermissions } from './permissions.js';
import type { PostingPolicy } from './posting-policy.js';

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
  permissions: RoomPermissions;
  postingPolicy: PostingPolicy;
  freshness: Pick<Freshness, 'isFresh'>;
  publish: (project: ProjectId, room: string, message: Message) => void;
}): Messages {
  const { store, permissions, postingPolicy, freshness, publish } = options;

  const accessCheckOf =
    (member: VerifiedMember, refusalOf: (member: VerifiedMember) => Refusal | null): AccessCheck =>
    () =>
      freshness.isFresh() ? refusalOf(member) : 'unknown';

  async function change(
    { projectId, room }: VerifiedMember,
    pending: Promise<EditResult | ReactResult | RefusedResult>,
  ): Promise<ChangeAnswer> {
    const result = await pending;
    if (!('message' in result)) return { ok: false, ...refusalOf(result) };
    // Published even if it stood so already: the first try may have been stored without this node learning of it.
    publish(projectId, room, result.message);
    return { ok: true, message: result.message };
  }

  /**
   * What was stored before the rules, or what they say of its author, changed is not refused afterwards: its author may
   * be asking again because the first answer was lost.
   */
  async function findStoredRetry(
    member: VerifiedMember,
    { clientId, ...draft }: Draft,
    { retry }: Refusal,
  ): Promise<SendAnswer | null> {
    const { projectId, room, userId } = member;
    // Who is told to come later does, with the same client id.
    if (clientId === null || userId === '' || retry === 'later') return null;
    const earlier = await store.project(projectId).findByClientId(room, userId, { clientId, ...draft });
    if (
      !earlier ||
      !(earlier.same || postingPolicy.couldBeMasked(member, earlier.message.content, draft.content))
    )
      return null;
    return { ok: true, message: earlier.message, duplicate: true };
  }

  function authorOf(member: VerifiedMember): Author {
    const { userId, username, avatar } = member;
    const role = permissions.effectiveRoleOf(member);
    return { userId, username, avatar, role: role === 'moderator' || role === 'admin' ? role : null };
  }

  return {
    async send(member, newMessage) {
      const accepted = await postingPolicy.authorizeMessage(member, newMessage);
      if (!accepted.ok) return (await findStoredRetry(member, newMessage, accepted)) ?? accepted;
      const { draft, release } = accepted;
      const result = await store
        .project(member.projectId)
        .append(member.room, authorOf(member), draft, accessCheckOf(member, permissions.checkWrite))
        .catch((error) => {
          release();
          throw error;
        });
      if (!('message' in result)) {
        release();
        const refused = refusalOf(result);
        // The list of words may have been another when it was stored, and so what its author may do.
        const mayBeRetry = result.outcome === 'conflict' || result.outcome === 'refused';
        const storedRetry = mayBeRetry && (await findStoredRetry(member, newMessage, refused));
        return storedRetry || { ok: false, ...refused };
      }
      const { outcome, message } = result;
      publish(member.projectId, member.room, message);
      return { ok: true, message, duplicate: outcome === 'duplicate' };
    },
    async edit(member, { id, content }) {
      const text = await postingPolicy.authorizeEdit(member, content);
      if (!text.ok) return text;
      const { projectId, room, userId } = member;
      const access = accessCheckOf(member, permissions.checkWrite);
      return change(member, store.project(projectId).update(room, userId, id, text.content, access));
    },
    remove: (member, { id }) => {
      const { projectId, room, userId } = member;
      const access = accessCheckOf(member, permissions.checkRead);
      return change(member, store.project(projectId).update(room, userId, id, null, access));
    },
    react: (member, reaction) => {
      const { projectId, room, userId } = member;
      const access = accessCheckOf(member, permissions.checkWrite);
      return change(member, store.project(projectId).react(room, userId, reaction, access));
    },
  };
}

function refusalOf(
  answer: Exclude<AppendResult | EditResult | ReactResult | RefusedResult, { message: Message }>,
): Refusal {
  return answer.outcome === 'refused' ? answer.refused : createRefusal(answer.outcome);
}
