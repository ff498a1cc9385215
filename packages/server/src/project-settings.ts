/** Every setting a project has, in one table: its name, its default, what it may be. docs/projects.md is held to it by a test. */

import { type Role, roles } from '@chatty/protocol/events';
import {
  flag,
  oneOf,
  overDefaults,
  readTable,
  type SettingsResult,
  share,
  type Table,
} from './settings-table.js';

export type ProjectSettings = {
  guests: boolean | null;
  nullOrigin: boolean;
  highestRole: Role;
  perSecond: number | null;
  connections: number | null;
};

export const projectSettings: Table<ProjectSettings> = {
  guests: flag(null, 'Whether visitors without a token may read. Unset: as `GUEST_PROJECTS` says.'),
  nullOrigin: flag(
    false,
    'Whether pages may connect whose origin is `null`: WebViews and sandboxed frames, but also any local file.',
  ),
  highestRole: oneOf(
    roles,
    'admin',
    'The highest role that a token may give; one that claims more is taken for this one.',
  ),
  perSecond: share(
    'Messages and changes a second that all members together may send, and as many pages that they may ask for. ' +
      'Unset: as `PROJECT_PER_SECOND` says.',
  ),
  connections: share('Connections at once. Unset: as `CONNECTIONS_PER_PROJECT` says.'),
};

/** Reads settings as they come from outside: only those that are given, `null` taking one back to its default. */
export function readSettings(given: unknown): SettingsResult<ProjectSettings> {
  return readTable(projectSettings, given, 'settings');
}

export function settingsOf(stored: Record<string, unknown>): ProjectSettings {
  return overDefaults(projectSettings, stored);
}
