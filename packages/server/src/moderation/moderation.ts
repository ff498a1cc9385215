/** Decides who may act on whom, and does it: mutes, bans, kicks, other people's messages, the rules of a room. */

import type {
  ChangeAnswer,
  LiftSanctionAnswer,
  Message,
  Role,
  RulesAnswer,
  SanctionAnswer,
  SanctionPayload,
} from '@chatty/protocol';
import { createRefusal, type Refusal } from '@chatty/protocol';
import type { Projects } from '../projects/projects.js';
import type { Log } from '../runtime/logger.js';
import type { Actor, ModerationRecords, SanctionKind } from '../store/moderation-store.js';
import type { ProjectId } from '../store/store.js';
import type { ModerationState } from './moderation-state.js';
import {
  effectiveRank,
  overridableSetters,
  type Rank,
  rolesProtectedFrom,
  rulesExceedRank,
  sanctionSetterOf,
} from './ranks.js';
import { parseRoomRules, type RoomRules, roomRulesSchema } from './room-rules.js';

/** Who acts, where, and how high they stand: only those below can be acted on. */
export type ActingModerator = { project: ProjectId; room: string; actor: Actor; rank: Rank };

/** Each resolves once it is durable and holds on this server, and has its entry in the audit log. Throws `Unavailable`. */
export type Moderation = {
  sanction(
    moderator: ActingModerator,
    kind: SanctionKind,
    input: Required<SanctionPayload>,
  ): Promise<SanctionAnswer>;
  lift(moderator: ActingModerator, kind: 'mute' | 'ban', userId: string): Promise<LiftSanctionAnswer>;
  /** Ends all that a key of the project has set. Answers how many. */
  liftSanctionsOfKey(moderator: ActingModerator, key: string): Promise<number>;
  deleteMessage(moderator: ActingModerator, id: number, reason: string | null): Promise<ChangeAnswer>;
  setRules(moderator: ActingModerator, input: Record<string, unknown>): Promise<RulesAnswer>;
};

/** How long somebody who was sent away stays away, in seconds. */
const KICK_SECONDS = 60;
/** Sanctions that are ended by one statement: each takes a number under a lock that all projects share. */
const LIFT_BATCH_SIZE = 500;
/** What lifting one kind ends. */
const LIFTED_KINDS = { mute: ['mute'], ban: ['ban', 'kick'] } as const;

/** @param publish hands a changed message to everyone of its room */
export function createModeration(options: {
  records: ModerationRecords;
  moderationState: ModerationState;
  projects: Projects;
  publish: (project: ProjectId, room: string, message: Message) => void;
  log: Log;
}): Moderation {
  const { records, moderationState, projects, publish, log } = options;

  /** Of whom no token was seen yet we know no role: should they come with a higher one, what was set does not bind them. */
  function outranks({ project, actor, rank }: ActingModerator, userId: string): boolean {
    if (actor.kind === 'member' && actor.id === userId) return false;
    const role = (moderationState.staffOf(project, userId)?.role ?? 'member') as Role;
    return effectiveRank(projects, { projectId: project, role }) < rank;
  }

  const refuse = (refused: Refusal) => ({ ok: false as const, ...refused });

  return {
    async sanction(moderator, kind, { userId, seconds, reason, messageId }) {
      const { project, room, actor, rank } = moderator;
      const setBy = sanctionSetterOf(rank);
      if (setBy === null || !outranks(moderator, userId)) return refuse(createRefusal('forbidden'));
      if (moderationState.sanctionsFull(project)) return refuse(createRefusal('too_many'));
      const evidence = messageId === null ? null : { room, id: messageId };
      const stored = await records.setSanction({
        project,
        userId,
        kind,
        seconds: kind === 'kick' ? KICK_SECONDS : seconds,
        reason,
        actor,
        setBy,
        overruled: overridableSetters(rank),
        details: { reason, ...(evidence && { room }) },
        evidence,
      });
      if (!stored) return refuse(createRefusal('forbidden'));
      await moderationState.refresh();
      log.info({ project, act: kind, actor: actor.id }, 'a member was sanctioned');
      return { ok: true, until: stored.until };
    },
    async lift(moderator, kind, userId) {
      const { project, actor, rank } = moderator;
      if (!outranks(moderator, userId)) return refuse(createRefusal('forbidden'));
      const overruled = overridableSetters(rank);
      const input = { project, userId, kinds: LIFTED_KINDS[kind], overruled, act: `un${kind}`, actor };
      const outcome = await records.liftSanctions(input);
      if (outcome === 'forbidden') return refuse(createRefusal('forbidden'));
      await moderationState.refresh();
      return { ok: true, lifted: outcome === 'lifted' };
    },
    async liftSanctionsOfKey({ project, actor }, key) {
      const input = { project, key, actor, limit: LIFT_BATCH_SIZE };
      let lifted = 0;
      for (let batchCount = LIFT_BATCH_SIZE; batchCount === LIFT_BATCH_SIZE; lifted += batchCount)
        batchCount = await records.liftSanctionsOfKey(input);
      await moderationState.refresh();
      return lifted;
    },
    async deleteMessage({ project, room, actor, rank }, id, reason) {
      const protectedRoles = rolesProtectedFrom(projects, project, rank);
      const deleted = await records.deleteMessage({
        project,
        room,
        id,
        protectedRoles,
        actor,
        details: { reason },
      });
      if (!('message' in deleted)) return refuse(createRefusal(deleted.outcome));
      publish(project, room, deleted.message);
      return { ok: true, message: deleted.message };
    },
    async setRules({ project, room, actor, rank }, input) {
      const parsed = parseRoomRules(input);
      if (!parsed.ok) {
        log.info({ project, faults: parsed.errors }, 'rules were refused');
        return refuse(createRefusal('invalid'));
      }
      await moderationState.refresh();
      if (rulesExceedRank(rank, moderationState.rules(project, room), rulesAfter(input, parsed.settings)))
        return refuse(createRefusal('forbidden'));
      await records.setRules({ project, room, changesSince: changesOf(input, parsed.settings), actor });
      await moderationState.refresh();
      return { ok: true, rules: moderationState.rules(project, room) };
    },
  };
}

/** The rules as they will be, of those that were given. */
function rulesAfter(input: Record<string, unknown>, parsed: Partial<RoomRules>): Partial<RoomRules> {
  const fallbacks = Object.keys(input).map((name) => [
    name,
    roomRulesSchema[name as keyof RoomRules].fallback,
  ]);
  return { ...Object.fromEntries(fallbacks), ...parsed };
}

/** Only what is not the default is stored, so that another default of a later server holds; null takes a rule away. */
function changesOf(input: Record<string, unknown>, parsed: Partial<RoomRules>): Record<string, unknown> {
  const changes: [string, unknown][] = Object.keys(input).map((name) => {
    const value = parsed[name as keyof RoomRules];
    return [
      name,
      value === undefined || value === roomRulesSchema[name as keyof RoomRules].fallback ? null : value,
    ];
  });
  return Object.fromEntries(changes);
}
