/** Reads the emoji of a language as the build wrote them, and tells what the text leaves out. */

/** In the order of Unicode, which is the order of the lines. */
export const CATEGORIES = [
  'smileys',
  'people',
  'nature',
  'food',
  'travel',
  'activity',
  'objects',
  'symbols',
  'flags',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** `words` are those of the search that `label` lacks, between spaces. */
export type Emoji = { emoji: string; label: string; words: string };
export type EmojiGroup = { category: Category; emoji: Emoji[] };

const PERSON = '\u{1F9D1}';
const MAN = '\u{1F468}';
const WOMAN = '\u{1F469}';

/** @param text what emoji-data.mjs makes of the language */
export function readEmoji(text: string, language: string): EmojiGroup[] {
  const [lines = [], labels = [], words = []] = text.split('\n---\n').map((part) => part.split('\n'));
  const regions = new Intl.DisplayNames(language, { type: 'region' });
  const sources = lines.map((line) => line.split(' '));
  const told = sources.flat().filter((source) => !isRegion(source));
  const labelOf = new Map(told.map((source, index) => [source, labels[index] ?? '']));
  let next = 0;
  const expand = (source: string): Emoji[] => {
    if (isRegion(source)) return [flag(source, regions)];
    const label = labels[next] ?? '';
    const own = { emoji: source.replace(/(.)\*$/u, '$1'), label, words: words[next] ?? '' };
    next += 1;
    if (own.emoji === source) return [own];
    return [own, variant(own, MAN, '♂', labelOf), variant(own, WOMAN, '♀', labelOf)];
  };
  return CATEGORIES.map((category, index) => ({ category, emoji: (sources[index] ?? []).flatMap(expand) }));
}

function isRegion(source: string): boolean {
  return /^[a-z]{2}$/.test(source);
}

function flag(code: string, regions: Intl.DisplayNames): Emoji {
  const emoji = String.fromCodePoint(...[...code].map((letter) => letter.charCodeAt(0) - 97 + 0x1f1e6));
  return { emoji, label: regions.of(code.toUpperCase()) ?? code, words: code };
}

/** "요리사: 남자", with the word the language has for the man or the woman alone. */
function variant(own: Emoji, who: string, sign: string, labels: Map<string, string>): Emoji {
  const emoji = own.emoji.startsWith(`${PERSON}\u200D`)
    ? own.emoji.replace(PERSON, who)
    : `${own.emoji}\u200D${sign}\uFE0F`;
  return { emoji, label: `${own.label}: ${labels.get(who) ?? sign}`, words: own.words };
}
