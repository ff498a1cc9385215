/** Decides under which name a member appears: their own, the same with a mark where it is taken for somebody else's, or none. */

import type { Role, Standing } from '@chatty/protocol/events';
import { buildNames, HOUSE_NAMES, type Names } from '@chatty/text-filter/reserved-names';
import type { Projects } from '../projects/projects.js';
import { type AtOnce, andThen } from '../runtime/maybe-promise.js';
import { createKept } from '../runtime/per-project-cache.js';
import { createSlices, type Slices } from '../runtime/time-slicer.js';
import type { StaffRow } from '../store/moderation-store.js';
import type { Order } from './moderation-state.js';
import { rankOf } from './ranks.js';

export type Naming = {
  /** Null: the name is refused. */
  nameOf(member: Named): AtOnce<string | null>;
};

type Named = { projectId: string; userId: string; username: string; role: Standing };

/** Put before a name by the server alone: nobody can type it away, and every client shows it. */
export const MARK = '\u26a0 ';
/** As somebody might put it before their own name, to make it mean nothing, with all that draws on it or is not seen. */
const MARKS = /^[\s\p{M}\p{Cf}\p{DI}]*\u26a0[\u26a0\s\p{M}\p{Cf}\p{DI}]*/u;

export function createNaming(options: { projects: Projects; order: Order; slices?: Slices }): Naming {
  const { projects, order, slices = createSlices() } = options;
  const names = createKept<{ reserved: readonly string[]; staff: readonly string[] }, Names>({
    slices,
    lane: 'names',
    sourceOf(project) {
      const settings = projects.get(project)?.settings;
      // A project without a record shows names as its tokens say them.
      if (!settings || settings.lookAlikes === 'off') return null;
      const staff = order
        .staff(project)
        .filter(isStaff)
        .map(({ username }) => username);
      return { reserved: [...HOUSE_NAMES, ...settings.reservedNames], staff };
    },
    make: buildNames,
  });
  projects.onChange(names.review);
  order.onChange(names.review);

  /** By the role that the project lets their token give. */
  function isStaff({ project, role }: Pick<StaffRow, 'project' | 'role'>): boolean {
    return rankOf(projects.roleOf(project, role as Role)) > 0;
  }

  /** The mark is the server's in every project, also where no name is judged. */
  function nameAmong(found: Names | null, { projectId, userId, username, role }: Named): string | null {
    const name = username.replace(MARKS, '');
    if (name === '') return null;
    if (found === null || isStaff({ project: projectId, role })) return name;
    const taken = found.find(name);
    if (taken === null) return name;
    // Somebody who was staff, by the name they had then.
    if (taken.list === 'staff' && order.staffOf(projectId, userId)?.username === taken.name) return name;
    // A stroke's difference may be chance.
    const refuses = projects.get(projectId)?.settings.lookAlikes === 'refuse';
    return refuses && taken.degree === 'same' ? null : MARK + name;
  }

  return { nameOf: (member) => andThen(names.of(member.projectId), (found) => nameAmong(found, member)) };
}
