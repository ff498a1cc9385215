/** Decides under which name a member appears: their own, the same with a mark where it is taken for somebody else's, or none. */

import type { Standing } from '@chatty/protocol/events';
import { createNames, HOUSE_NAMES, type Names } from './names.js';
import { type Order, rankOf } from './order.js';
import type { Projects } from './projects.js';

export type Naming = {
  /** Null: the name is refused. */
  nameOf(member: { projectId: string; userId: string; username: string; role: Standing }): string | null;
};

/** Put before a name by the server alone: nobody can type it away, and every client shows it. */
const MARK = '\u26a0 ';
/** As somebody might put it before their own name, to make it mean nothing. */
const MARKS = /^(?:\u26a0|\ufe0e|\ufe0f|\s)+/u;

export function createNaming(options: { projects: Projects; order: Order }): Naming {
  const { projects, order } = options;
  const built = new Map<string, Names>();
  // Built anew when a project or its staff has changed, and only once somebody comes.
  projects.onChange(() => built.clear());
  order.onChange((changed) => {
    for (const project of changed) built.delete(project);
  });

  function namesOf(project: string, reserved: readonly string[]): Names {
    const known = built.get(project);
    if (known) return known;
    const staff = order.staff(project).map(({ username }) => username);
    const names = createNames({ reserved: [...HOUSE_NAMES, ...reserved], staff });
    built.set(project, names);
    return names;
  }

  return {
    nameOf({ projectId, userId, username, role }) {
      const settings = projects.get(projectId)?.settings;
      // A project without a record shows names as its tokens say them.
      if (!settings || settings.lookAlikes === 'off' || role === 'guest') return username;
      if (rankOf(projects.roleOf(projectId, role)) > 0) return username;
      const name = username.replace(MARKS, '') || username;
      const taken = namesOf(projectId, settings.reservedNames).find(name);
      if (taken === null) return name;
      // Somebody who was staff, by the name they had then.
      if (taken.list === 'staff' && order.staffOf(projectId, userId)?.username === taken.name) return name;
      // A stroke's difference may be chance.
      return settings.lookAlikes === 'refuse' && taken.degree === 'same' ? null : MARK + name;
    },
  };
}
