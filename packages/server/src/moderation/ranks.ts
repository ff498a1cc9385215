/** Ranks members, keys and operators: on whom they may act, whose sanctions they may lift, which rules they may set. */

import { type Role, type RoleOrGuest, roles } from '@chatty/protocol';
import type { Projects } from '../projects/projects.js';
import { type Actor, type SanctionSetter, sanctionSetters } from '../store/moderation-store.js';
import type { ProjectId } from '../store/store.js';
import type { RoomRules } from './room-rules.js';

/** -1 guest, 0 member, 1 moderator, 2 admin, 3 key of the project, 4 operator of the server. */
export type Rank = number;

/** Who acts, and where. They may only act on lower ranks. */
export type ActingModerator = { project: ProjectId; room: string; actor: Actor; rank: Rank };

const RANK_ORDER: readonly string[] = [...roles, 'key', 'operator'];

/** The rank of a role or of a setter of sanctions; -1 for guests and unknown roles. */
export function rankOf(role: string): Rank {
  return RANK_ORDER.indexOf(role);
}

/** The rank that counts: the project may grant a lower role than the token claims. */
export function effectiveRank(
  projects: Pick<Projects, 'roleOf'>,
  { projectId, role }: { projectId: string; role: RoleOrGuest },
): Rank {
  return role === 'guest' ? rankOf(role) : rankOf(projects.roleOf(projectId, role));
}

/** The setter recorded for sanctions of this rank; null: this rank may set none. */
export function sanctionSetterOf(rank: Rank): SanctionSetter | null {
  return sanctionSetters.find((setter) => rankOf(setter) === rank) ?? null;
}

/** Setters whose sanctions this rank may lift and replace: equals too, so that moderators can take over from each other. */
export function overridableSetters(rank: Rank): SanctionSetter[] {
  return sanctionSetters.filter((setter) => rankOf(setter) <= rank);
}

/** Roles that this rank may not act on. */
export function rolesProtectedFrom(
  projects: Pick<Projects, 'roleOf'>,
  projectId: string,
  rank: Rank,
): Role[] {
  return roles.filter((role) => effectiveRank(projects, { projectId, role }) >= rank);
}

/** Whether a changed rule requires, before or after the change, a higher role than this rank. */
export function rulesExceedRank(
  rank: Rank,
  before: RoomRules,
  after: Partial<Record<'read' | 'write', unknown>>,
): boolean {
  const changed = (['read', 'write'] as const).filter((rule) => after[rule] !== undefined);
  return changed.some((rule) => [before[rule], after[rule]].some((role) => rankOf(String(role)) > rank));
}
