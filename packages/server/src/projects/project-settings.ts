/** All settings of a project: names, defaults and validation. A test compares docs/operate/projects.md with it. */

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
/** Each room in use takes memory, and database rows that stay. */
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
  guests: booleanSetting(null, 'Whether guests may read. Unset: `GUEST_PROJECTS` decides.'),
  nullOrigin: booleanSetting(
    false,
    'Whether pages with the origin `null` may connect: WebViews and sandboxed frames, but also local files.',
  ),
  highestRole: enumSetting(
    roles,
    'admin',
    'Highest role a token may grant. A higher role in a token is lowered to this one.',
  ),
  perSecond: limitOverrideSetting(
    'Sustained messages and edits per second for all members together, and as many reads. ' +
      'Unset: `PROJECT_EVENTS_PER_SECOND`.',
  ),
  connections: limitOverrideSetting('Maximum concurrent connections. Unset: `CONNECTIONS_PER_PROJECT`.'),
  rooms: listSetting(
    MAX_ROOMS,
    (value) => (typeof value === 'string' && ROOM_ID_PATTERN.test(value) ? value : null),
    '1-64 of a-z 0-9 . _ -, beginning with a letter or digit',
    'Rooms in addition to `main`, which every project has. Connections to other rooms are refused.',
  ),
  words: listSetting(
    MAX_WORDS,
    parseWord,
    `1-${MAX_WORD_LENGTH} characters, a letter or digit among them, or such a { word, whole?, allowed? }`,
    'Forbidden words, also in disguise. An entry with `allowed` exempts matches inside it (docs/operate/moderation.md).',
  ),
  wordAction: enumSetting(
    WORD_ACTIONS,
    'refuse',
    'What happens to a message with a forbidden word: it is refused, or the word is masked with stars.',
  ),
  reservedNames: listSetting(
    MAX_RESERVED_NAMES,
    (value) => parseText(value, MAX_USERNAME_GRAPHEMES),
    `1-${MAX_USERNAME_GRAPHEMES} characters, a letter or digit among them`,
    'Names only staff may use, in addition to the built-in ones such as “admin” and “관리자”.',
  ),
  lookAlikes: enumSetting(
    LOOK_ALIKE_ACTIONS,
    'mark',
    'What happens to a name that looks like a reserved or staff name: it is marked with ⚠, refused, or left alone.',
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
