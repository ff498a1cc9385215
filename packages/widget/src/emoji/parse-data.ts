/** Parses the emoji text that the build wrote and restores what it abbreviates. */

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

const PERSON_EMOJI = '\u{1F9D1}';
const MAN_EMOJI = '\u{1F468}';
const WOMAN_EMOJI = '\u{1F469}';

/** @param text what emoji-data.mjs makes of the language */
export function parseEmojiData(text: string, language: string): EmojiGroup[] {
  const [lines = [], labels = [], words = []] = text.split('\n---\n').map((part) => part.split('\n'));
  const regions = new Intl.DisplayNames(language, { type: 'region' });
  const sources = lines.map((line) => line.split(' '));
  const labelledSources = sources.flat().filter((source) => !isRegion(source));
  const labelOf = new Map(labelledSources.map((source, index) => [source, labels[index] ?? '']));
  let nextLabelIndex = 0;
  const expand = (source: string): Emoji[] => {
    if (isRegion(source)) return [flagEmoji(source, regions)];
    const label = labels[nextLabelIndex] ?? '';
    const neutralEmoji = {
      emoji: source.replace(/(.)\*$/u, '$1'),
      label,
      words: words[nextLabelIndex] ?? '',
    };
    nextLabelIndex += 1;
    if (neutralEmoji.emoji === source) return [neutralEmoji];
    return [
      neutralEmoji,
      genderVariant(neutralEmoji, MAN_EMOJI, '♂', labelOf),
      genderVariant(neutralEmoji, WOMAN_EMOJI, '♀', labelOf),
    ];
  };
  return CATEGORIES.map((category, index) => ({ category, emoji: (sources[index] ?? []).flatMap(expand) }));
}

function isRegion(source: string): boolean {
  return /^[a-z]{2}$/.test(source);
}

function flagEmoji(code: string, regions: Intl.DisplayNames): Emoji {
  const emoji = String.fromCodePoint(...[...code].map((letter) => letter.charCodeAt(0) - 97 + 0x1f1e6));
  return { emoji, label: regions.of(code.toUpperCase()) ?? code, words: code };
}

/** "요리사: 남자", with the word the language has for the man or the woman alone. */
function genderVariant(
  neutralEmoji: Emoji,
  genderEmoji: string,
  genderSign: string,
  labels: Map<string, string>,
): Emoji {
  const emoji = neutralEmoji.emoji.startsWith(`${PERSON_EMOJI}\u200D`)
    ? neutralEmoji.emoji.replace(PERSON_EMOJI, genderEmoji)
    : `${neutralEmoji.emoji}\u200D${genderSign}\uFE0F`;
  return {
    emoji,
    label: `${neutralEmoji.label}: ${labels.get(genderEmoji) ?? genderSign}`,
    words: neutralEmoji.words,
  };
}
