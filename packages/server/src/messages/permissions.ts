/** Decides who may read and write in a room, and which of their messages may go out: the room's rules, and mutes. */

import type { Draft, Permissions, RoleOrGuest } from '@chatty/protocol';
import { createRefusal, type Refusal } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/auth.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import { effectiveRank, rankOf } from '../moderation/ranks.js';
import type { RoomRules } from '../moderation/room-rules.js';
import type { WordFilters } from '../moderation/word-filters.js';
import type { Projects } from '../projects/projects.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Store } from '../store/store.js';
import { hasLink } from './link-detection.js';
import { createSlowMode } from './slow-mode.js';

/** A text as it may go out, or why it may not. */
export type FilteredText = { ok: true; content: string } | ({ ok: false } & Refusal);
/** What may be sent, to be stored; `undo` where it was not, so that it counts for nothing. */
export type AcceptedMessage = { ok: true; draft: Draft; release: () => void };

export type RoomPolicy = {
  /** What the bearer counts as: no more than the project lets a token say. */
  effectiveRoleOf(member: VerifiedMember): RoleOrGuest;
  /** Why the member may not read the room; null: may. */
  checkRead(member: VerifiedMember): Refusal | null;
  /** Why the member may not write there at the moment; null: may. */
  checkWrite(member: VerifiedMember): Refusal | null;
  permissionsOf(member: VerifiedMember): Permissions;
  /** Whether a new message may go out, and as what. It counts as sent from then on. Throws `Unavailable`. */
  authorizeMessage(
    member: VerifiedMember,
    draft: Draft,
  ): Promise<AcceptedMessage | ({ ok: false } & Refusal)>;
  /** Whether a message may be changed to this text, and as what. Throws `Unavailable`. */
  authorizeEdit(member: VerifiedMember, content: string): Promise<FilteredText>;
  /** Whether what was stored may be this text as it went out then. */
  couldBeMasked(member: VerifiedMember, stored: string, text: string): boolean;
};

/** Members known to be no newcomers that are remembered. */
const MAX_KNOWN_MEMBERS = 10_000;
const noop = () => undefined;

export function createRoomPolicy(options: {
  moderationState: ModerationState;
  projects: Projects;
  wordFilters: WordFilters;
  store: Store;
  now?: () => number;
}): RoomPolicy {
  const { moderationState, projects, wordFilters, store, now = monotonicTime } = options;
  const slowMode = createSlowMode(now);
  /** How many messages somebody has written at least, where it has been asked; nobody's number goes down. */
  const messageCounts = new Map<string, number>();

  const roomRulesOf = ({ projectId, room }: VerifiedMember) => moderationState.rules(projectId, room);

  const effectiveRoleOf = ({ projectId, role }: VerifiedMember): RoleOrGuest =>
    role === 'guest' ? role : projects.roleOf(projectId, role);

  const isStaff = (member: VerifiedMember) => rankOf(effectiveRoleOf(member)) > 0;

  function checkRead(member: VerifiedMember): Refusal | null {
    const ban = moderationState.activeBan(member.projectId, member.userId, effectiveRank(projects, member));
    if (ban) return ban;
    const role = effectiveRoleOf(member);
    if (rankOf(role) >= rankOf(roomRulesOf(member).read)) return null;
    return createRefusal(role === 'guest' ? 'login_required' : 'forbidden');
  }

  function checkWrite(member: VerifiedMember): Refusal | null {
    if (member.role === 'guest') return createRefusal('login_required');
    const rules = roomRulesOf(member);
    const { projectId, userId } = member;
    const rank = effectiveRank(projects, member);
    const refused =
      moderationState.activeBan(projectId, userId, rank) ??
      moderationState.activeMute(projectId, userId, rank);
    if (refused) return refused;
    if (rankOf(effectiveRoleOf(member)) < rankOf(rules.write)) return createRefusal('read_only');
    if (isStaff(member)) return null;
    if (rules.frozen) return createRefusal('frozen');
    return (member.level ?? 0) < rules.level ? createRefusal('level_required') : null;
  }

  /** What concerns the text alone. */
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

  async function isNewcomer({ projectId, userId }: VerifiedMember, minMessages: number): Promise<boolean> {
    const key = `${projectId}/${userId}`;
    if ((messageCounts.get(key) ?? 0) >= minMessages) return false;
    const count = await store.project(projectId).countMessages(userId, minMessages);
    if (messageCounts.size >= MAX_KNOWN_MEMBERS) messageCounts.clear();
    if (count >= minMessages) messageCounts.set(key, count);
    return count < minMessages;
  }

  return {
    effectiveRoleOf,
    checkRead,
    checkWrite,
    permissionsOf: (member) => ({
      write: member.role === 'guest' ? null : checkWrite(member),
      slowMode: isStaff(member) ? 0 : roomRulesOf(member).slowMode * 1_000,
    }),
    async authorizeMessage(member, draft) {
      const refuse = (refused: Refusal) => ({ ok: false as const, ...refused });
      const refused = checkWrite(member);
      if (refused) return refuse(refused);
      if (isStaff(member)) return { ok: true, draft, release: noop };
      const rules = roomRulesOf(member);
      const text = await filterText(member, rules, draft.content);
      if (!text.ok) return text;
      // From here to the end in one turn, so that two messages at once cannot both be the first.
      const { projectId, room, userId } = member;
      const acquired = slowMode.tryAcquire(`${projectId}/${room}/${userId}`, draft, rules);
      const filteredDraft = { ...draft, content: text.content };
      return acquired.ok
        ? { ok: true, draft: filteredDraft, release: acquired.release }
        : refuse(createRefusal(acquired.code, acquired.retryAfter));
    },
    async authorizeEdit(member, content) {
      return isStaff(member) ? { ok: true, content } : filterText(member, roomRulesOf(member), content);
    },
    couldBeMasked: ({ projectId }, stored, text) => wordFilters.couldBeMasked(projectId, stored, text),
  };
}
