/** Every rule a room has, in one table: its name, its default, what it may be. docs/moderation.md is held to it by a test. */

import type { Standing } from '@chatty/protocol/events';
import { roles } from '@chatty/protocol/events';
import {
  flag,
  oneOf,
  overDefaults,
  readTable,
  type SettingsResult,
  type Table,
  whole,
} from '../projects/settings-schema.js';

export type RoomRules = {
  read: Standing;
  write: Exclude<Standing, 'guest'>;
  frozen: boolean;
  slowMode: number;
  level: number;
  linksAfter: number;
  duplicatesWithin: number;
};

/** Longest slow mode in seconds: six hours, as elsewhere in the field. */
const SLOW_MODE = 21_600;
const LEVEL = 1_000_000;
const LINKS_AFTER = 1_000;
const DUPLICATES_WITHIN = 3_600;

export const roomRules: Table<RoomRules> = {
  read: oneOf(
    ['guest', ...roles],
    'guest',
    'The lowest role that may read. `guest`: everybody the project lets in; `member`: members only.',
  ),
  write: oneOf(roles, 'member', 'The lowest role that may write.'),
  frozen: flag(false, 'Nobody below `moderator` may write, edit or react.'),
  slowMode: whole(0, SLOW_MODE, 'Seconds that a member has to leave between two messages; 0: none.'),
  level: whole(0, LEVEL, 'The least `level` that a token must give to write; a token without one has 0.'),
  linksAfter: whole(
    0,
    LINKS_AFTER,
    'Messages that a member must have written in the project before posting links; 0: anybody may.',
  ),
  duplicatesWithin: whole(
    0,
    DUPLICATES_WITHIN,
    'Seconds within which a member may not send the same text again; 0: may.',
  ),
};

/** Reads rules as they come from outside: only those that are given, `null` taking one back to its default. */
export function readRules(given: unknown): SettingsResult<RoomRules> {
  return readTable(roomRules, given, 'rules');
}

export function rulesOf(stored: Record<string, unknown>): RoomRules {
  return overDefaults(roomRules, stored);
}
