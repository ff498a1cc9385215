/** Decides who may act on whom, and does it: mutes, bans, kicks, other people's messages, the rules of a room. */

import { type Refusal, refusal } from '@chatty/protocol/codes';
import type {
  ChangeAnswer,
  LiftAnswer,
  Message,
  Role,
  RulesAnswer,
  SanctionAnswer,
  SanctionPayload,
} from '@chatty/protocol/events';
import { wallTime } from './clocks.js';
import type { Log } from './log.js';
import { type Order, rankOf } from './order.js';
import type { Projects } from './projects.js';
import { type RoomRules, readRules, roomRules } from './room-rules.js';
import type { Actor, OrderRecords, SanctionKind } from './store/order-records.js';
import type { ProjectId } from './store/store.js';

/** Who acts, where, and how high they stand: only those below can be acted on. */
export type Acting = { project: ProjectId; room: string; actor: Actor; rank: number };

/** Each resolves once it is durable and holds on this server, and has its entry in the audit log. Throws `Unavailable`. */
export type Moderation = {
  sanction(by: Acting, kind: SanctionKind, given: Required<SanctionPayload>): Promise<SanctionAnswer>;
  lift(by: Acting, kind: 'mute' | 'ban', userId: string): Promise<LiftAnswer>;
  remove(by: Acting, id: number, reason: string | null): Promise<ChangeAnswer>;
  setRules(by: Acting, given: Record<string, unknown>): Promise<RulesAnswer>;
};

/** Higher than every role: a key of the project, or the operator. */
export const ABOVE_ALL = Number.POSITIVE_INFINITY;
/** How long somebody who was sent away stays away, in seconds. */
const KICK_SECONDS = 60;
/** What lifting one kind ends. */
const LIFTED = { mute: ['mute'], ban: ['ban', 'kick'] } as const;

/** @param publish hands a changed message to everyone of its room */
export function createModeration(options: {
  records: OrderRecords;
  order: Order;
  projects: Projects;
  publish: (project: ProjectId, room: string, message: Message) => void;
  log: Log;
  now?: () => number;
}): Moderation {
  const { records, order, projects, publish, log, now = wallTime } = options;

  const isBelow = ({ project, rank }: Acting, userId: string) =>
    rankOf(projects.roleOf(project, (order.staffOf(project, userId)?.role ?? 'member') as Role)) < rank;

  const no = (refused: Refusal) => ({ ok: false as const, ...refused });

  return {
    async sanction(by, kind, { userId, seconds, reason, messageId }) {
      const { project, room, actor } = by;
      if (!isBelow(by, userId)) return no(refusal('forbidden'));
      if (order.isFull(project)) return no(refusal('too_many'));
      const length = kind === 'kick' ? KICK_SECONDS : seconds;
      const until = length === null ? null : new Date(now() + length * 1_000).toISOString();
      const evidence = messageId === null ? null : { room, id: messageId };
      await records.sanction({
        project,
        userId,
        kind,
        until,
        reason,
        actor,
        details: { until, reason, ...(evidence && { room }) },
        evidence,
      });
      await order.refresh();
      log.info({ project, act: kind, actor: actor.id }, 'a member was sanctioned');
      return { ok: true, until };
    },
    async lift(by, kind, userId) {
      const { project, actor } = by;
      if (!isBelow(by, userId)) return no(refusal('forbidden'));
      const lifted = await records.lift({ project, userId, kinds: LIFTED[kind], act: `un${kind}`, actor });
      await order.refresh();
      return { ok: true, lifted };
    },
    async remove({ project, room, actor }, id, reason) {
      const removed = await records.takeDown({ project, room, id, actor, details: { reason } });
      if (removed.outcome === 'not_found') return no(refusal('not_found'));
      publish(project, room, removed.message);
      return { ok: true, message: removed.message };
    },
    async setRules({ project, room, actor }, given) {
      const read = readRules(given);
      if (!read.ok) {
        log.info({ project, faults: read.faults }, 'rules were refused');
        return no(refusal('invalid'));
      }
      await records.setRules({ project, room, changes: changesOf(given, read.settings), actor });
      await order.refresh();
      return { ok: true, rules: order.rules(project, room) };
    },
  };
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
