/** Every rule a room has, in one table: its name, its default, what it may be. docs/operate/moderation.md is held to it by a test. */

import type { RoleOrGuest } from '@chatty/protocol';
import { roles } from '@chatty/protocol';
import {
  booleanSetting,
  enumSetting,
  integerSetting,
  parseSettings,
  type SettingsResult,
  type SettingsSchema,
  withDefaults,
} from '../projects/settings-schema.js';

export type RoomRules = {
  read: RoleOrGuest;
  write: Exclude<RoleOrGuest, 'guest'>;
  frozen: boolean;
  slowMode: number;
  level: number;
  linksAfter: number;
  duplicatesWithin: number;
};

/** Longest slow mode in seconds: six hours, as elsewhere in the field. */
const MAX_SLOW_MODE_SECONDS = 21_600;
const MAX_LEVEL = 1_000_000;
const MAX_LINKS_AFTER = 1_000;
const MAX_DUPLICATES_WITHIN_SECONDS = 3_600;

export const roomRulesSchema: SettingsSchema<RoomRules> = {
  read: enumSetting(
    ['guest', ...roles],
    'guest',
    'The lowest role that may read. `guest`: everybody the project lets in; `member`: members only.',
  ),
  write: enumSetting(roles, 'member', 'The lowest role that may write.'),
  frozen: booleanSetting(false, 'Nobody below `moderator` may write, edit or react.'),
  slowMode: integerSetting(
    0,
    MAX_SLOW_MODE_SECONDS,
    'Seconds that a member has to leave between two messages; 0: none.',
  ),
  level: integerSetting(
    0,
    MAX_LEVEL,
    'The least `level` that a token must give to write; a token without one has 0.',
  ),
  linksAfter: integerSetting(
    0,
    MAX_LINKS_AFTER,
    'Messages that a member must have written in the project before posting links; 0: anybody may.',
  ),
  duplicatesWithin: integerSetting(
    0,
    MAX_DUPLICATES_WITHIN_SECONDS,
    'Seconds within which a member may not send the same text again; 0: may.',
  ),
};

/** Reads rules as they come from outside: only those that are given, `null` taking one back to its default. */
export function parseRoomRules(input: unknown): SettingsResult<RoomRules> {
  return parseSettings(roomRulesSchema, input, 'rules');
}

export function roomRulesFromStored(stored: Record<string, unknown>): RoomRules {
  return withDefaults(roomRulesSchema, stored);
}
