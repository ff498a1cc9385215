/** Moderates: mutes, bans, kicks, deletes messages of others and sets room rules, if the moderator's rank allows it. */

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
import type { ModerationRecords, SanctionKind } from '../store/moderation-store.js';
import type { ProjectId } from '../store/store.js';
import type { ModerationState } from './moderation-state.js';
import {
  type ActingModerator,
  effectiveRank,
  overridableSetters,
  rolesProtectedFrom,
  sanctionSetterOf,
} from './ranks.js';
import { setRoomRules } from './rule-changes.js';

/** Each resolves once the act is durable, applies on this server, and is in the audit log. Throws `UnavailableError`. */
export type Moderation = {
  sanction(
    moderator: ActingModerator,
    kind: SanctionKind,
    input: Required<SanctionPayload>,
  ): Promise<SanctionAnswer>;
  lift(moderator: ActingModerator, kind: 'mute' | 'ban', userId: string): Promise<LiftSanctionAnswer>;
  /** Lifts all sanctions that a key of the project has set. Returns how many. */
  liftSanctionsOfKey(moderator: ActingModerator, key: string): Promise<number>;
  deleteMessage(moderator: ActingModerator, id: number, reason: string | null): Promise<ChangeAnswer>;
  setRules(moderator: ActingModerator, input: Record<string, unknown>): Promise<RulesAnswer>;
};

/** How long a kick keeps somebody out. */
const KICK_SECONDS = 60;
/** Sanctions lifted by one statement: each takes a version number under a lock that all projects share. */
const LIFT_BATCH_SIZE = 500;
/** The sanctions that lifting one kind ends. */
const LIFTED_KINDS = { mute: ['mute'], ban: ['ban', 'kick'] } as const;

/** @param options.publish delivers a changed message to everyone in its room */
export function createModeration(options: {
  records: ModerationRecords;
  moderationState: ModerationState;
  projects: Projects;
  publish: (project: ProjectId, room: string, message: Message) => void;
  log: Log;
}): Moderation {
  const { records, moderationState, projects, publish, log } = options;

  /** The role of somebody whose token was never seen is unknown. If it is higher, the sanction will not apply to them. */
  function outranks({ project, actor, rank }: ActingModerator, userId: string): boolean {
    if (actor.kind === 'member' && actor.id === userId) return false;
    const role = (moderationState.staffOf(project, userId)?.role ?? 'member') as Role;
    return effectiveRank(projects, { projectId: project, role }) < rank;
  }

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
    setRules: (moderator, input) => setRoomRules(options, moderator, input),
  };
}

const refuse = (refused: Refusal) => ({ ok: false as const, ...refused });
