/** All rules of a room: names, defaults and validation. A test compares docs/operate/moderation.md with it. */

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
    'Lowest role that may read. `guest`: everyone the project admits. `member`: members only.',
  ),
  write: enumSetting(roles, 'member', 'Lowest role that may write.'),
  frozen: booleanSetting(false, 'Only moderators and admins may write, edit or react.'),
  slowMode: integerSetting(
    0,
    MAX_SLOW_MODE_SECONDS,
    'Seconds a member must wait between two messages. 0: off.',
  ),
  level: integerSetting(
    0,
    MAX_LEVEL,
    'Minimum `level` claim required to write. A token without one has level 0.',
  ),
  linksAfter: integerSetting(
    0,
    MAX_LINKS_AFTER,
    'Messages a member must have written in the project before posting links. 0: off.',
  ),
  duplicatesWithin: integerSetting(
    0,
    MAX_DUPLICATES_WITHIN_SECONDS,
    'Seconds during which a member may not repeat the same text. 0: off.',
  ),
};

/** Parses rules of a request: only those that are given; `null` resets one to its default. */
export function parseRoomRules(input: unknown): SettingsResult<RoomRules> {
  return parseSettings(roomRulesSchema, input, 'rules');
}

export function roomRulesFromStored(stored: Record<string, unknown>): RoomRules {
  return withDefaults(roomRulesSchema, stored);
}
