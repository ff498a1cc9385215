/** Changes the rules of a room, if they are valid and the moderator's rank allows it. */

import { createRefusal, type RulesAnswer } from '@chatty/protocol';
import type { Log } from '../runtime/logger.js';
import type { ModerationRecords } from '../store/moderation-store.js';
import type { ModerationState } from './moderation-state.js';
import { type ActingModerator, rulesExceedRank } from './ranks.js';
import { parseRoomRules, type RoomRules, roomRulesSchema } from './room-rules.js';

export async function setRoomRules(
  dependencies: { records: ModerationRecords; moderationState: ModerationState; log: Log },
  { project, room, actor, rank }: ActingModerator,
  input: Record<string, unknown>,
): Promise<RulesAnswer> {
  const { records, moderationState, log } = dependencies;
  const parsed = parseRoomRules(input);
  if (!parsed.ok) {
    log.info({ project, faults: parsed.errors }, 'refused invalid room rules');
    return { ok: false, ...createRefusal('invalid') };
  }
  await moderationState.refresh();
  if (rulesExceedRank(rank, moderationState.rules(project, room), rulesAfter(input, parsed.settings)))
    return { ok: false, ...createRefusal('forbidden') };
  await records.setRules({ project, room, changes: changesOf(input, parsed.settings), actor });
  await moderationState.refresh();
  return { ok: true, rules: moderationState.rules(project, room) };
}

/** The new values of the given rules, defaults included. */
function rulesAfter(input: Record<string, unknown>, parsed: Partial<RoomRules>): Partial<RoomRules> {
  const fallbacks = Object.keys(input).map((name) => [
    name,
    roomRulesSchema[name as keyof RoomRules].fallback,
  ]);
  return { ...Object.fromEntries(fallbacks), ...parsed };
}

/** Defaults are stored as null, which removes the rule, so that a later server may change a default. */
function changesOf(input: Record<string, unknown>, parsed: Partial<RoomRules>): Record<string, unknown> {
  const changes: [string, unknown][] = Object.keys(input).map((name) => {
    const value = parsed[name as keyof RoomRules];
    const isDefault = value === undefined || value === roomRulesSchema[name as keyof RoomRules].fallback;
    return [name, isDefault ? null : value];
  });
  return Object.fromEntries(changes);
}
