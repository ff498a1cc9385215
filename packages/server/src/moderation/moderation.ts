/** Decides who may act on whom, and does it: mutes, bans, kicks, other people's messages, the rules of a room. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import type {
  ChangeAnswer,
  LiftAnswer,
  Message,
  Role,
  RulesAnswer,
  SanctionAnswer,
  SanctionPayload,
} from '@chatty/protocol/events';
import type { Projects } from '../projects/projects.js';
import type { Log } from '../runtime/logger.js';
import type { Actor, OrderRecords, SanctionKind } from '../store/moderation-store.js';
import type { ProjectId } from '../store/store.js';
import type { Order } from './moderation-state.js';
import { isRuleAbove, overruledBy, protectedFrom, type Rank, rankIn, setterOf } from './ranks.js';
import { type RoomRules, readRules, roomRules } from './room-rules.js';

/** Who acts, where, and how high they stand: only those below can be acted on. */
export type Acting = { project: ProjectId; room: string; actor: Actor; rank: Rank };

/** Each resolves once it is durable and holds on this server, and has its entry in the audit log. Throws `Unavailable`. */
export type Moderation = {
  sanction(by: Acting, kind: SanctionKind, given: Required<SanctionPayload>): Promise<SanctionAnswer>;
  lift(by: Acting, kind: 'mute' | 'ban', userId: string): Promise<LiftAnswer>;
  /** Ends all that a key of the project has set. Answers how many. */
  liftOfKey(by: Acting, key: string): Promise<number>;
  remove(by: Acting, id: number, reason: string | null): Promise<ChangeAnswer>;
  setRules(by: Acting, given: Record<string, unknown>): Promise<RulesAnswer>;
};

/** How long somebody who was sent away stays away, in seconds. */
const KICK_SECONDS = 60;
/** Sanctions that are ended by one statement: each takes a number under a lock that all projects share. */
const LIFTED_AT_ONCE = 500;
/** What lifting one kind ends. */
const LIFTED = { mute: ['mute'], ban: ['ban', 'kick'] } as const;

/** @param publish hands a changed message to everyone of its room */
export function createModeration(options: {
  records: OrderRecords;
  order: Order;
  projects: Projects;
  publish: (project: ProjectId, room: string, message: Message) => void;
  log: Log;
}): Moderation {
  const { records, order, projects, publish, log } = options;

  /** Of whom no token was seen yet we know no role: should they come with a higher one, what was set does not bind them. */
  function isBelow({ project, actor, rank }: Acting, userId: string): boolean {
    if (actor.kind === 'member' && actor.id === userId) return false;
    const role = (order.staffOf(project, userId)?.role ?? 'member') as Role;
    return rankIn(projects, { projectId: project, role }) < rank;
  }

  const no = (refused: Refusal) => ({ ok: false as const, ...refused });

  return {
    async sanction(by, kind, { userId, seconds, reason, messageId }) {
      const { project, room, actor, rank } = by;
      const setBy = setterOf(rank);
      if (setBy === null || !isBelow(by, userId)) return no(refusal('forbidden'));
      if (order.isFull(project)) return no(refusal('too_many'));
      const evidence = messageId === null ? null : { room, id: messageId };
      const set = await records.sanction({
        project,
        userId,
        kind,
        seconds: kind === 'kick' ? KICK_SECONDS : seconds,
        reason,
        actor,
        setBy,
        overruled: overruledBy(rank),
        details: { reason, ...(evidence && { room }) },
        evidence,
      });
      if (!set) return no(refusal('forbidden'));
      await order.refresh();
      log.info({ project, act: kind, actor: actor.id }, 'a member was sanctioned');
      return { ok: true, until: set.until };
    },
    async lift(by, kind, userId) {
      const { project, actor, rank } = by;
      if (!isBelow(by, userId)) return no(refusal('forbidden'));
      const overruled = overruledBy(rank);
      const given = { project, userId, kinds: LIFTED[kind], overruled, act: `un${kind}`, actor };
      const outcome = await records.lift(given);
      if (outcome === 'forbidden') return no(refusal('forbidden'));
      await order.refresh();
      return { ok: true, lifted: outcome === 'lifted' };
    },
    async liftOfKey({ project, actor }, key) {
      const given = { project, key, actor, limit: LIFTED_AT_ONCE };
      let lifted = 0;
      for (let some = LIFTED_AT_ONCE; some === LIFTED_AT_ONCE; lifted += some)
        some = await records.liftOfKey(given);
      await order.refresh();
      return lifted;
    },
    async remove({ project, room, actor, rank }, id, reason) {
      const protectedRoles = protectedFrom(projects, project, rank);
      const removed = await records.takeDown({
        project,
        room,
        id,
        protectedRoles,
        actor,
        details: { reason },
      });
      if (!('message' in removed)) return no(refusal(removed.outcome));
      publish(project, room, removed.message);
      return { ok: true, message: removed.message };
    },
    async setRules({ project, room, actor, rank }, given) {
      const read = readRules(given);
      if (!read.ok) {
        log.info({ project, faults: read.faults }, 'rules were refused');
        return no(refusal('invalid'));
      }
      await order.refresh();
      if (isRuleAbove(rank, order.rules(project, room), settingsAfter(given, read.settings)))
        return no(refusal('forbidden'));
      await records.setRules({ project, room, changes: changesOf(given, read.settings), actor });
      await order.refresh();
      return { ok: true, rules: order.rules(project, room) };
    },
  };
}

/** The rules as they will be, of those that were given. */
function settingsAfter(given: Record<string, unknown>, read: Partial<RoomRules>): Partial<RoomRules> {
  const fallbacks = Object.keys(given).map((name) => [name, roomRules[name as keyof RoomRules].fallback]);
  return { ...Object.fromEntries(fallbacks), ...read };
}

/** Only what is not the default is stored, so that another default of a later server holds; null takes a rule away. */
function changesOf(given: Record<string, unknown>, read: Partial<RoomRules>): Record<string, unknown> {
  const changes: [string, unknown][] = Object.keys(given).map((name) => {
    const value = read[name as keyof RoomRules];
    return [
      name,
      value === undefined || value === roomRules[name as keyof RoomRules].fallback ? null : value,
    ];
  });
  return Object.fromEntries(changes);
}
