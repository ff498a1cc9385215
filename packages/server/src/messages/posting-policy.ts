/** Decides whether a message or an edit may go out, and with which text: word filter, links, slow mode and repeats. */

import type { Draft } from '@chatty/protocol';
import { createRefusal, type Refusal } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import type { RoomRules } from '../moderation/room-rules.js';
import type { WordFilters } from '../moderation/word-filters.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Store } from '../store/store.js';
import { hasLink } from './link-detection.js';
import type { RoomPermissions } from './permissions.js';
import { createSlowMode } from './slow-mode.js';

type RefusedText = { ok: false } & Refusal;
/** The text after the word filter. */
export type FilteredText = { ok: true; content: string } | RefusedText;
/** The message to store. Call `release` if it could not be stored, so that it does not count for slow mode. */
export type AcceptedMessage = { ok: true; draft: Draft; release: () => void };

export type PostingPolicy = {
  /** Checks a new message and counts it as sent. Throws `UnavailableError`. */
  authorizeMessage(member: VerifiedMember, draft: Draft): Promise<AcceptedMessage | RefusedText>;
  /** Checks the new text of a message. Throws `UnavailableError`. */
  authorizeEdit(member: VerifiedMember, content: string): Promise<FilteredText>;
  /** Whether the stored text may be `text`, masked by the word filter when it was sent. */
  couldBeMasked(member: VerifiedMember, stored: string, text: string): boolean;
};

/** Counts of messages are cached for so many members. */
const MAX_CACHED_COUNTS = 10_000;
const noop = () => undefined;

export function createPostingPolicy(options: {
  permissions: RoomPermissions;
  moderationState: ModerationState;
  wordFilters: WordFilters;
  store: Store;
  now?: () => number;
}): PostingPolicy {
  const { permissions, moderationState, wordFilters, store, now = monotonicTime } = options;
  const slowMode = createSlowMode(now);
  const isNewcomer = createNewcomerCheck(store);

  const roomRulesOf = ({ projectId, room }: VerifiedMember) => moderationState.rules(projectId, room);

  async function filterText(
    member: VerifiedMember,
    { linksAfter }: RoomRules,
    text: string,
  ): Promise<FilteredText> {
    const content = await wordFilters.apply(member.projectId, text);
    if (content === null) return { ok: false, ...createRefusal('word_refused') };
    if (linksAfter > 0 && hasLink(text) && (await isNewcomer(member, linksAfter)))
      return { ok: false, ...createRefusal('links_refused') };
    return { ok: true, content };
  }

  return {
    async authorizeMessage(member, draft) {
      const writeRefusal = permissions.checkWrite(member);
      if (writeRefusal) return { ok: false, ...writeRefusal };
      if (permissions.isStaff(member)) return { ok: true, draft, release: noop };
      const rules = roomRulesOf(member);
      const text = await filterText(member, rules, draft.content);
      if (!text.ok) return text;
      // No await from here on, so that two concurrent messages cannot both count as the first.
      const { projectId, room, userId } = member;
      const acquired = slowMode.tryAcquire(`${projectId}/${room}/${userId}`, draft, rules);
      if (!acquired.ok) return { ok: false, ...createRefusal(acquired.code, acquired.retryAfter) };
      return { ok: true, draft: { ...draft, content: text.content }, release: acquired.release };
    },
    async authorizeEdit(member, content) {
      return permissions.isStaff(member)
        ? { ok: true, content }
        : filterText(member, roomRulesOf(member), content);
    },
    couldBeMasked: ({ projectId }, stored, text) => wordFilters.couldBeMasked(projectId, stored, text),
  };
}

/** Whether a member has written fewer messages than this. Counts never go down, so "enough" is cached. */
function createNewcomerCheck(store: Store) {
  const messageCounts = new Map<string, number>();
  return async ({ projectId, userId }: VerifiedMember, minMessages: number): Promise<boolean> => {
    const key = `${projectId}/${userId}`;
    if ((messageCounts.get(key) ?? 0) >= minMessages) return false;
    const count = await store.project(projectId).countMessages(userId, minMessages);
    if (messageCounts.size >= MAX_CACHED_COUNTS) messageCounts.clear();
    if (count >= minMessages) messageCounts.set(key, count);
    return count < minMessages;
  };
}
