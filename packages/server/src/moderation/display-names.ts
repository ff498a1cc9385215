/** Decides under which name a member appears: their own, the same with a mark where it is taken for somebody else's, or none. */

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

/** Put before a name by the server alone: nobody can type it away, and every client shows it. */
export const IMPERSONATION_MARK = '\u26a0 ';
/** As somebody might put it before their own name, to make it mean nothing, with all that draws on it or is not seen. */
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
      // A project without a record shows names as its tokens say them.
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

  /** By the role that the project lets their token give. */
  function isStaff({ project, role }: Pick<StaffRow, 'project' | 'role'>): boolean {
    return rankOf(projects.roleOf(project, role as Role)) > 0;
  }

  /** The mark is the server's in every project, also where no name is judged. */
  function resolveDisplayName(
    reservedNames: ReservedNames | null,
    { projectId, userId, username, role }: NamedMember,
  ): string | null {
    const name = username.replace(LEADING_MARKS, '');
    if (name === '') return null;
    if (reservedNames === null || isStaff({ project: projectId, role })) return name;
    const match = reservedNames.find(name);
    if (match === null) return name;
    // Somebody who was staff, by the name they had then.
    if (match.list === 'staff' && moderationState.staffOf(projectId, userId)?.username === match.name)
      return name;
    // A stroke's difference may be chance.
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
