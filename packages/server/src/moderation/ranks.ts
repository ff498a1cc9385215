/** Decides who stands above whom: on whom somebody may act, what of others they may undo, which rules they may set. */

import { type Role, type RoleOrGuest, roles } from '@chatty/protocol';
import type { Projects } from '../projects/projects.js';
import { type SanctionSetter, sanctionSetters } from '../store/moderation-store.js';
import type { RoomRules } from './room-rules.js';

/** -1 a guest, 0 a member, 1 a moderator, 2 an admin, 3 a key of the project, 4 the operator of the server. */
export type Rank = number;

const RANK_ORDER: readonly string[] = [...roles, 'key', 'operator'];

/** Of a role, or of who set a sanction; of a guest, and of what we do not know, -1. */
export function rankOf(role: string): Rank {
  return RANK_ORDER.indexOf(role);
}

/** What the bearer of a token counts as in this project, which may let a token give less than it claims. */
export function effectiveRank(
  projects: Pick<Projects, 'roleOf'>,
  { projectId, role }: { projectId: string; role: RoleOrGuest },
): Rank {
  return role === 'guest' ? rankOf(role) : rankOf(projects.roleOf(projectId, role));
}

/** As whom somebody of this rank sets a sanction; null: they set none. */
export function sanctionSetterOf(rank: Rank): SanctionSetter | null {
  return sanctionSetters.find((setter) => rankOf(setter) === rank) ?? null;
}

/** Whose sanctions somebody of this rank may end and replace: their equals' too, as moderators take turns. */
export function overridableSetters(rank: Rank): SanctionSetter[] {
  return sanctionSetters.filter((setter) => rankOf(setter) <= rank);
}

/** Roles whose bearers somebody of this rank may not act on. */
export function rolesProtectedFrom(
  projects: Pick<Projects, 'roleOf'>,
  projectId: string,
  rank: Rank,
): Role[] {
  return roles.filter((role) => effectiveRank(projects, { projectId, role }) >= rank);
}

/** Whether the rules before or after ask for more than this rank has, where they differ. */
export function rulesExceedRank(
  rank: Rank,
  before: RoomRules,
  after: Partial<Record<'read' | 'write', unknown>>,
): boolean {
  const changed = (['read', 'write'] as const).filter((rule) => after[rule] !== undefined);
  return changed.some((rule) => [before[rule], after[rule]].some((role) => rankOf(String(role)) > rank));
}
