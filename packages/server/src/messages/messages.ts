/** Sends, edits, deletes and reacts: each change is stored first, then delivered, then answered. */

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
import type { AcceptedMessage, PostingPolicy } from './posting-policy.js';

/** Each resolves with what was stored, once it is durable. Throws `UnavailableError` when that is unknown. */
export type Messages = {
  send(member: VerifiedMember, draft: Draft): Promise<SendAnswer>;
  edit(member: VerifiedMember, change: { id: number; content: string }): Promise<ChangeAnswer>;
  remove(member: VerifiedMember, change: { id: number }): Promise<ChangeAnswer>;
  react(member: VerifiedMember, reaction: ReactPayload): Promise<ChangeAnswer>;
};

/**
 * @param options.freshness whether this server's permissions are recent enough
 * @param options.publish delivers a stored message to everyone in its room
 */
export function createMessages(options: {
  store: Store;
  permissions: RoomPermissions;
  postingPolicy: PostingPolicy;
  freshness: Pick<Freshness, 'isFresh'>;
  publish: (project: ProjectId, room: string, message: Message) => void;
}): Messages {
  const { store, permissions, postingPolicy, freshness, publish } = options;
  const findStoredRetry = createRetryLookup(store, postingPolicy);

  const accessCheckOf =
    (member: VerifiedMember, refusalOf: (member: VerifiedMember) => Refusal | null): AccessCheck =>
    () =>
      freshness.isFresh() ? refusalOf(member) : 'unknown';

  function append(member: VerifiedMember, { draft, release }: AcceptedMessage) {
    const access = accessCheckOf(member, permissions.checkWrite);
    return store
      .project(member.projectId)
      .append(member.room, authorOf(member, permissions), draft, access)
      .catch((error) => {
        release();
        throw error;
      });
  }

  async function publishChange(
    { projectId, room }: VerifiedMember,
    pending: Promise<EditResult | ReactResult | RefusedResult>,
  ): Promise<ChangeAnswer> {
    const result = await pending;
    if (!('message' in result)) return { ok: false, ...refusalOf(result) };
    // Published even if nothing changed: an earlier try may have been stored without this server getting the answer.
    publish(projectId, room, result.message);
    return { ok: true, message: result.message };
  }

  return {
    async send(member, newMessage) {
      const accepted = await postingPolicy.authorizeMessage(member, newMessage);
      if (!accepted.ok) return (await findStoredRetry(member, newMessage, accepted)) ?? accepted;
      const result = await append(member, accepted);
      if (!('message' in result)) {
        accepted.release();
        const refused = refusalOf(result);
        // The word list or the member's permissions may have been different when the message was stored.
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
      return publishChange(member, store.project(projectId).update(room, userId, id, text.content, access));
    },
    remove: (member, { id }) => {
      const { projectId, room, userId } = member;
      const access = accessCheckOf(member, permissions.checkRead);
      return publishChange(member, store.project(projectId).update(room, userId, id, null, access));
    },
    react: (member, reaction) => {
      const { projectId, room, userId } = member;
      const access = accessCheckOf(member, permissions.checkWrite);
      return publishChange(member, store.project(projectId).react(room, userId, reaction, access));
    },
  };
}

/**
 * Finds the stored message of a retry that the rules would refuse now: its author may be asking again because the first
 * answer was lost.
 */
function createRetryLookup(store: Store, postingPolicy: PostingPolicy) {
  return async (
    member: VerifiedMember,
    { clientId, ...draft }: Draft,
    { retry }: Refusal,
  ): Promise<SendAnswer | null> => {
    const { projectId, room, userId } = member;
    // After `retry: later` the client sends the message again, with the same client id.
    if (clientId === null || userId === '' || retry === 'later') return null;
    const earlier = await store.project(projectId).findByClientId(room, userId, { clientId, ...draft });
    if (!earlier) return null;
    const isSameText =
      earlier.same || postingPolicy.couldBeMasked(member, earlier.message.content, draft.content);
    return isSameText ? { ok: true, message: earlier.message, duplicate: true } : null;
  };
}

function authorOf(member: VerifiedMember, permissions: RoomPermissions): Author {
  const { userId, username, avatar } = member;
  const role = permissions.effectiveRoleOf(member);
  return { userId, username, avatar, role: role === 'moderator' || role === 'admin' ? role : null };
}

function refusalOf(
  answer: Exclude<AppendResult | EditResult | ReactResult | RefusedResult, { message: Message }>,
): Refusal {
  return answer.outcome === 'refused' ? answer.refused : createRefusal(answer.outcome);
}
