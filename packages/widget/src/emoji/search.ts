/** Searches emoji by name, best match first, also while a Hangul syllable is being composed. */

import { hangulInitialsOf, hangulKeysOf, isInitialsOnly } from './hangul-keys.js';
import type { Emoji } from './parse-data.js';

/** More than this nobody looks through, and drawing them would make typing slow. */
const MAX_RESULTS = 80;

/** All between spaces; `text` begins with the label, and so do its keys and initials. */
type SearchEntry = { emoji: Emoji; label: string; text: string; keys: string; initials: string };
type SearchTerm = { raw: string; keys: string; isInitials: boolean; matchesInside: boolean };

/** Null where a term is not found; a lower number is a better find. */
type MatchRank = number | null;

export function createSearch(all: readonly Emoji[]): (query: string) => Emoji[] {
  // Made at the first letter: whoever picks by eye never waits for it.
  let entries: SearchEntry[] | null = null;
  return (query) => {
    const terms = normalize(query).split(' ').filter(Boolean).map(readTerm);
    if (terms.length === 0) return [];
    entries ??= all.map(createEntry);
    const wholeQuery = terms.map(({ raw }) => raw).join(' ');
    return entries
      .flatMap((entry) => {
        const rank = rankOf(entry, terms, wholeQuery);
        return rank === null ? [] : [{ emoji: entry.emoji, rank }];
      })
      .sort((one, other) => one.rank - other.rank)
      .slice(0, MAX_RESULTS)
      .map(({ emoji }) => emoji);
  };
}

/** NFC, not NFKC: that would make the letter "ㅎ" one that only joins. */
function normalize(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s:,.()“”"]+/g, ' ')
    .trim();
}

function createEntry(emoji: Emoji): SearchEntry {
  const label = ` ${normalize(emoji.label)} `;
  const text = `${label}${normalize(emoji.words)} `;
  return { emoji, label, text, keys: hangulKeysOf(text), initials: hangulInitialsOf(text) };
}

function readTerm(raw: string): SearchTerm {
  const keys = hangulKeysOf(raw);
  // Scripts without spaces between words are sought everywhere, others only with enough letters to mean something.
  const matchesInside = keys.length > 3 || /[\u3040-\u9fff]/.test(raw);
  return { raw, keys, isInitials: isInitialsOnly(raw), matchesInside };
}

function rankOf(entry: SearchEntry, terms: SearchTerm[], wholeQuery: string): MatchRank {
  if (entry.label === ` ${wholeQuery} `) return 0;
  let worst = 0;
  for (const term of terms) {
    const rank = rankOfTerm(entry, term);
    if (rank === null) return null;
    worst = Math.max(worst, rank);
  }
  return worst;
}

/** What is in the label counts more than what is in the other words, and whole words more than beginnings. */
function rankOfTerm(
  entry: SearchEntry,
  { raw, keys, isInitials: initials, matchesInside }: SearchTerm,
): MatchRank {
  if (entry.label.includes(` ${raw} `)) return 1;
  if (entry.text.includes(` ${raw} `)) return 2;
  if (entry.label.includes(` ${raw}`)) return 3;
  if (initials) return initialsRank(entry, keys);
  if (entry.keys.startsWith(keys, 1)) return 4;
  if (entry.text.includes(` ${raw}`)) return 5;
  if (entry.keys.includes(` ${keys}`)) return 6;
  return matchesInside && entry.keys.includes(keys) ? 7 : null;
}

function initialsRank({ initials }: SearchEntry, keys: string): MatchRank {
  if (initials.includes(` ${keys} `)) return 4;
  return initials.includes(` ${keys}`) ? 5 : null;
}
