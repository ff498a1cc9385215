/** Decides which emoji a few typed letters mean, the best first, also in the middle of a Hangul syllable. */

import { initialsOf, isInitials, keysOf } from './hangul-keys.js';
import type { Emoji } from './parse-data.js';

/** More than this nobody looks through, and drawing them would make typing slow. */
const MOST_FOUND = 80;

/** All between spaces; `text` begins with the label, and so do its keys and initials. */
type Entry = { emoji: Emoji; label: string; text: string; keys: string; initials: string };
type Term = { raw: string; keys: string; initials: boolean; inside: boolean };

/** Null where a term is not found; a lower number is a better find. */
type Rank = number | null;

export function createSearch(all: readonly Emoji[]): (query: string) => Emoji[] {
  // Made at the first letter: whoever picks by eye never waits for it.
  let entries: Entry[] | null = null;
  return (query) => {
    const terms = normalize(query).split(' ').filter(Boolean).map(readTerm);
    if (terms.length === 0) return [];
    entries ??= all.map(createEntry);
    const whole = terms.map(({ raw }) => raw).join(' ');
    return entries
      .flatMap((entry) => {
        const rank = rankOf(entry, terms, whole);
        return rank === null ? [] : [{ emoji: entry.emoji, rank }];
      })
      .sort((one, other) => one.rank - other.rank)
      .slice(0, MOST_FOUND)
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

function createEntry(emoji: Emoji): Entry {
  const label = ` ${normalize(emoji.label)} `;
  const text = `${label}${normalize(emoji.words)} `;
  return { emoji, label, text, keys: keysOf(text), initials: initialsOf(text) };
}

function readTerm(raw: string): Term {
  const keys = keysOf(raw);
  // Scripts without spaces between words are sought everywhere, others only with enough letters to mean something.
  const inside = keys.length > 3 || /[\u3040-\u9fff]/.test(raw);
  return { raw, keys, initials: isInitials(raw), inside };
}

function rankOf(entry: Entry, terms: Term[], whole: string): Rank {
  if (entry.label === ` ${whole} `) return 0;
  let worst = 0;
  for (const term of terms) {
    const rank = rankOfTerm(entry, term);
    if (rank === null) return null;
    worst = Math.max(worst, rank);
  }
  return worst;
}

/** What is in the label counts more than what is in the other words, and whole words more than beginnings. */
function rankOfTerm(entry: Entry, { raw, keys, initials, inside }: Term): Rank {
  if (entry.label.includes(` ${raw} `)) return 1;
  if (entry.text.includes(` ${raw} `)) return 2;
  if (entry.label.includes(` ${raw}`)) return 3;
  if (initials) return initialsRank(entry, keys);
  if (entry.keys.startsWith(keys, 1)) return 4;
  if (entry.text.includes(` ${raw}`)) return 5;
  if (entry.keys.includes(` ${keys}`)) return 6;
  return inside && entry.keys.includes(keys) ? 7 : null;
}

function initialsRank({ initials }: Entry, keys: string): Rank {
  if (initials.includes(` ${keys} `)) return 4;
  return initials.includes(` ${keys}`) ? 5 : null;
}
