/** Decides the display name of a member: their own, the same with a warning mark if it imitates another, or none. */

import type { Role, RoleOrGuest } from '@chatty/protocol';
import { buildReservedNames, DEFAULT_RESERVED_NAMES, type ReservedNames } from '@chatty/text-filter';
import type { Projects } from '../projects/projects.js';
import { chainMaybePromise, type MaybePromise } from '../runtime/maybe-promise.js';
import { createPerProjectCache } from '../runtime/per-project-cache.js';
import { createTimeSlicer, type TimeSlicer } from '../runtime/time-slicer.js';
import type { StaffRow } from '../store/moderation-store.js';
import type { ModerationState } from './moderation-state.js';
import { rankOf } from './ranks.js';

export type DisplayNames = {
  /** Null: the name is refused. */
  displayNameOf(member: NamedMember): MaybePromise<string | null>;
};

type NamedMember = { projectId: string; userId: string; username: string; role: RoleOrGuest };

/** Put before a name by the server only: members cannot remove it, and every client shows it. */
export const IMPERSONATION_MARK = '\u26a0 ';
/** Marks that members put before their own name to make the mark meaningless, with combining and invisible characters. */
const LEADING_MARKS = /^[\s\p{M}\p{Cf}\p{DI}]*\u26a0[\u26a0\s\p{M}\p{Cf}\p{DI}]*/u;

export function createDisplayNames(options: {
  projects: Projects;
  moderationState: ModerationState;
  slices?: TimeSlicer;
}): DisplayNames {
  const { projects, moderationState, slices = createTimeSlicer() } = options;
  const reservedNamesCache = createPerProjectCache<
    { reserved: readonly string[]; staff: readonly string[] },
    ReservedNames
  >({
    timeSlicer: slices,
    lane: 'names',
    sourceOf(project) {
      const settings = projects.get(project)?.settings;
      // Unregistered projects show names as their tokens have them.
      if (!settings || settings.lookAlikes === 'off') return null;
      const staff = moderationState
        .staff(project)
        .filter(isStaff)
        .map(({ username }) => username);
      return { reserved: [...DEFAULT_RESERVED_NAMES, ...settings.reservedNames], staff };
    },
    build: buildReservedNames,
  });
  projects.onChange(reservedNamesCache.refresh);
  moderationState.onChange(reservedNamesCache.refresh);

  /** By the role that the project grants their token. */
  function isStaff({ project, role }: Pick<StaffRow, 'project' | 'role'>): boolean {
    return rankOf(projects.roleOf(project, role as Role)) > 0;
  }

  /** The member's own marks are removed in every project, also without reserved names. */
  function resolveDisplayName(
    reservedNames: ReservedNames | null,
    { projectId, userId, username, role }: NamedMember,
  ): string | null {
    const name = username.replace(LEADING_MARKS, '');
    if (name === '') return null;
    if (reservedNames === null || isStaff({ project: projectId, role })) return name;
    const match = reservedNames.find(name);
    if (match === null) return name;
    // Former staff may keep the name they had.
    if (match.list === 'staff' && moderationState.staffOf(projectId, userId)?.username === match.name)
      return name;
    // A name that differs in one stroke may be a coincidence: marked, not refused.
    const refusesLookAlikes = projects.get(projectId)?.settings.lookAlikes === 'refuse';
    return refusesLookAlikes && match.degree === 'same' ? null : IMPERSONATION_MARK + name;
  }

  return {
    displayNameOf: (member) =>
      chainMaybePromise(reservedNamesCache.get(member.projectId), (reservedNames) =>
        resolveDisplayName(reservedNames, member),
      ),
  };
}
