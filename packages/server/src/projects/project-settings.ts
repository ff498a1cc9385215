/** Every setting a project has, in one table: its name, its default, what it may be. docs/operate/projects.md is held to it by a test. */

import { MAX_USERNAME_GRAPHEMES, ROOM_ID_PATTERN, type Role, roles } from '@chatty/protocol';
import { countPatternLetters, type FilterWord } from '@chatty/text-filter';
import {
  booleanSetting,
  enumSetting,
  limitOverrideSetting,
  listSetting,
  parseSettings,
  type SettingsResult,
  type SettingsSchema,
  withDefaults,
} from './settings-schema.js';

export type ProjectSettings = {
  guests: boolean | null;
  nullOrigin: boolean;
  highestRole: Role;
  perSecond: number | null;
  connections: number | null;
  rooms: readonly string[];
  words: readonly FilterWord[];
  wordAction: (typeof WORD_ACTIONS)[number];
  reservedNames: readonly string[];
  lookAlikes: (typeof LOOK_ALIKE_ACTIONS)[number];
};

const WORD_ACTIONS = ['refuse', 'mask'] as const;
const LOOK_ALIKE_ACTIONS = ['mark', 'refuse', 'off'] as const;
/** Each that somebody is in takes memory of its own, and rows that stay. */
const MAX_ROOMS = 100;
const MAX_WORDS = 1_000;
const MAX_WORD_LENGTH = 50;
/** All words together, as they are looked for: what a project's list takes of memory, and of the time until it holds. */
const MAX_TOTAL_WORD_LETTERS = 100_000;
const MAX_RESERVED_NAMES = 200;

/** No database keeps a NUL or half of a character, and without a letter nothing could be found. */
const INVALID_CHARACTER = /[\p{Cc}\p{Cs}]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

function parseText(value: unknown, maxLength: number): string | null {
  if (typeof value !== 'string' || INVALID_CHARACTER.test(value) || !LETTER_OR_DIGIT.test(value)) return null;
  const text = value.trim();
  return text.length <= maxLength ? text : null;
}

function parseWord(value: unknown): FilterWord | null {
  if (typeof value === 'string') return parseText(value, MAX_WORD_LENGTH);
  if (typeof value !== 'object' || value === null) return null;
  const { word, whole, allowed, ...rest } = value as Record<string, unknown>;
  const text = parseText(word, MAX_WORD_LENGTH);
  const flags = [whole, allowed].every((flag) => flag === undefined || typeof flag === 'boolean');
  if (text === null || !flags || Object.keys(rest).length > 0) return null;
  return {
    word: text,
    ...(whole !== undefined && { whole }),
    ...(allowed !== undefined && { allowed }),
  } as FilterWord;
}

export const projectSettingsSchema: SettingsSchema<ProjectSettings> = {
  guests: booleanSetting(null, 'Whether visitors without a token may read. Unset: as `GUEST_PROJECTS` says.'),
  nullOrigin: booleanSetting(
    false,
    'Whether pages may connect whose origin is `null`: WebViews and sandboxed frames, but also any local file.',
  ),
  highestRole: enumSetting(
    roles,
    'admin',
    'The highest role that a token may give; one that claims more is taken for this one.',
  ),
  perSecond: limitOverrideSetting(
    'Messages and changes a second that all members together may send, and as many pages that they may ask for. ' +
      'Unset: as `PROJECT_PER_SECOND` says.',
  ),
  connections: limitOverrideSetting('Connections at once. Unset: as `CONNECTIONS_PER_PROJECT` says.'),
  rooms: listSetting(
    MAX_ROOMS,
    (value) => (typeof value === 'string' && ROOM_ID_PATTERN.test(value) ? value : null),
    '1-64 of a-z 0-9 . _ -, beginning with a letter or digit',
    'Rooms beside the main room, `main`, which every project has. Who names another is refused.',
  ),
  words: listSetting(
    MAX_WORDS,
    parseWord,
    `1-${MAX_WORD_LENGTH} characters, a letter or digit among them, or such a { word, whole?, allowed? }`,
    'Words that may not be written, also disguised (docs/operate/moderation.md says how); one with `allowed` excepts what it holds.',
  ),
  wordAction: enumSetting(
    WORD_ACTIONS,
    'refuse',
    'What becomes of a message with such a word: it is refused, or the word is masked with stars.',
  ),
  reservedNames: listSetting(
    MAX_RESERVED_NAMES,
    (value) => parseText(value, MAX_USERNAME_GRAPHEMES),
    `1-${MAX_USERNAME_GRAPHEMES} characters, a letter or digit among them`,
    'Names that only staff may bear, besides those that speak for the house on any site.',
  ),
  lookAlikes: enumSetting(
    LOOK_ALIKE_ACTIONS,
    'mark',
    'What becomes of a name that looks like a reserved one or one of the staff: marked with ⚠ for everybody, refused, or nothing.',
  ),
};

/** Reads settings as they come from outside: only those that are given, `null` taking one back to its default. */
export function parseProjectSettings(input: unknown): SettingsResult<ProjectSettings> {
  const parsed = parseSettings(projectSettingsSchema, input, 'settings');
  // Of a list that is stored already it is not asked: none becomes less strict by an update.
  const letters = parsed.ok ? countPatternLetters(parsed.settings.words ?? []) : 0;
  if (letters <= MAX_TOTAL_WORD_LETTERS) return parsed;
  const fault =
    `words come to ${letters} letters as they are looked for, more than ${MAX_TOTAL_WORD_LETTERS}: a syllable of Hangul counts as ` +
    'two to five, and a word with doubled letters up to sixteen times. Leave some out.';
  return { ok: false, errors: [fault] };
}

export function settingsFromStored(stored: Record<string, unknown>): ProjectSettings {
  return withDefaults(projectSettingsSchema, stored);
}
