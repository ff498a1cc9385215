/** Remembers what was refused lately, by project, so that a host sees why its visitors are turned away: bounded, and no token. */

import type { Code } from '@chatty/protocol/errors';
import type { Projects } from '../projects/projects.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';

export type Refused = {
  /** `connection`, or the command that was refused. */
  event: string;
  code: Code;
  /** More than the visitor was told; '': no more. */
  reason: string;
  /** Of the page; null: no browser, or nobody knows. */
  origin: string | null;
  userId: string | null;
  /** Which project it was about, as far as anybody has said. */
  project: string | null;
  /** Whether a key of the project vouched for whoever it was; else anybody may have said anything. */
  signed: boolean;
};

/** `times`: how often the same was refused to the same one, lastly at `at`. */
export type RecentRefusal = Refused & { at: string; times: number };
export type RefusalCount = Pick<Refused, 'code' | 'origin' | 'signed'> & { count: number };

export type Refusals = {
  /** @param address where it came from; never shown */
  note(refused: Refused & { address: string | null }): void;
  /**
   * Those of a project, or (null) those of no project that anybody knows: newest first, and how many there were in the
   * last hour by code and origin.
   */
  of(project: string | null): { refusals: RecentRefusal[]; counts: RefusalCount[] };
};

/** Entries that are kept: of a project, of those nobody vouched for, of one person or address, and of all projects. */
const OF_A_PROJECT = 200;
const UNSIGNED = 100;
const OF_ONE_SOURCE = 20;
const OF_ALL = 20_000;
const PROJECTS = 2_000;
/** Pairs of code and origin that are counted apart, of signed and unsigned each; what comes after them is `others`. */
const PAIRS = 100;
const OTHERS = 'others';
/** In milliseconds: an hour is counted in steps. */
const HOUR = 3_600_000;
const STEP = 300_000;
/** What is longer is cut, in UTF-16 code units. */
const TEXT = 256;

type Entry = RecentRefusal & { source: string };
type Count = Omit<RefusalCount, 'count'> & { steps: Map<number, number> };
type Book = { entries: Entry[]; counts: Map<string, Count> };

/**
 * Whatever a stranger sends, a project's list stays of use: the same again is one entry, one address has few, what nobody
 * vouched for takes half of it at most, and where all lists together are too long it is the longest that gives way.
 */
export function createRefusals(options: {
  projects: Projects;
  /** Counts the hour. */
  now?: () => number;
  /** Is shown. */
  date?: () => number;
}): Refusals {
  const { projects, now = monotonicTime, date = wallTime } = options;
  /** By project; null is what belongs to none. The one that was written to last is the last. */
  const books = new Map<string | null, Book>();
  let kept = 0;

  /** An unsigned token opens no list: else whoever makes up projects would fill the memory. */
  const bookOf = ({ project, signed }: Refused) =>
    project !== null && (signed || projects.get(project) !== null) ? project : null;

  function open(key: string | null): Book {
    const book = books.get(key) ?? { entries: [], counts: new Map() };
    books.delete(key);
    books.set(key, book);
    if (books.size > PROJECTS) {
      const [[oldest, dropped] = [null, book]] = books;
      kept -= dropped.entries.length;
      books.delete(oldest);
    }
    return book;
  }

  function thin(): void {
    let longest: Book | undefined;
    for (const book of books.values())
      if (book.entries.length > (longest?.entries.length ?? 0)) longest = book;
    longest?.entries.shift();
    kept -= 1;
  }

  function count({ counts }: Book, { code, origin, signed }: Refused): void {
    const step = Math.floor(now() / STEP);
    const oldest = step - HOUR / STEP;
    const keyOf = (from: string | null) => `${signed} ${code} ${from}`;
    if (!counts.has(keyOf(origin)) && isFull(counts, signed, oldest)) origin = OTHERS;
    const found = counts.get(keyOf(origin)) ?? { code, origin, signed, steps: new Map() };
    for (const old of found.steps.keys()) if (old <= oldest) found.steps.delete(old);
    found.steps.set(step, (found.steps.get(step) ?? 0) + 1);
    counts.set(keyOf(origin), found);
  }

  return {
    note({ address, ...given }) {
      const refused = { ...given, reason: cut(given.reason), origin: given.origin && cut(given.origin) };
      const source = refused.signed && refused.userId ? `user ${refused.userId}` : `address ${address}`;
      const book = open(bookOf(refused));
      const at = new Date(date()).toISOString();
      const same = book.entries.findIndex((entry) => isSame(entry, refused) && entry.source === source);
      const times = (book.entries[same]?.times ?? 0) + 1;
      const out = same >= 0 ? same : crowdedOut(book.entries, refused.signed, source);
      if (out >= 0) book.entries.splice(out, 1);
      else kept += 1;
      book.entries.push({ ...refused, at, times, source });
      if (kept > OF_ALL) thin();
      count(book, refused);
    },
    of(project) {
      const book = books.get(project);
      const oldest = Math.floor(now() / STEP) - HOUR / STEP;
      const counts = [...(book?.counts.values() ?? [])].map(({ steps, ...pair }) => ({
        ...pair,
        count: sumAfter(steps, oldest),
      }));
      return {
        refusals: (book?.entries ?? []).map(({ source: _, ...entry }) => entry).reverse(),
        counts: counts.filter((pair) => pair.count > 0).sort((a, b) => b.count - a.count),
      };
    },
  };
}

/** Which entry makes room for one more; below 0: there is room. */
function crowdedOut(entries: readonly Entry[], signed: boolean, source: string): number {
  const own = entries.filter((entry) => entry.source === source);
  if (own.length >= OF_ONE_SOURCE) return entries.indexOf(own[0] as Entry);
  const unsigned = entries.filter((entry) => !entry.signed);
  if (!signed && unsigned.length >= UNSIGNED) return entries.indexOf(unsigned[0] as Entry);
  return entries.length >= OF_A_PROJECT ? 0 : -1;
}

function isSame(entry: Refused, { event, code, reason, origin, userId, project, signed }: Refused): boolean {
  return (
    entry.event === event &&
    entry.code === code &&
    entry.reason === reason &&
    entry.origin === origin &&
    entry.userId === userId &&
    entry.project === project &&
    entry.signed === signed
  );
}

function isFull(counts: Map<string, Count>, signed: boolean, oldest: number): boolean {
  const pairs = () => [...counts].filter(([, count]) => count.signed === signed);
  if (pairs().length < PAIRS) return false;
  for (const [key, { steps }] of pairs()) if (sumAfter(steps, oldest) === 0) counts.delete(key);
  return pairs().length >= PAIRS;
}

function sumAfter(steps: ReadonlyMap<number, number>, oldest: number): number {
  let sum = 0;
  for (const [step, count] of steps) if (step > oldest) sum += count;
  return sum;
}

function cut(text: string): string {
  return text.length <= TEXT ? text : `${text.slice(0, TEXT - 1)}…`;
}
