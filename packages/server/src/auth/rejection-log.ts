/** Remembers what was refused lately, by project, so that a host sees why its visitors are turned away: bounded, and no token. */

import type { RefusalCode } from '@chatty/protocol';
import type { Projects } from '../projects/projects.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';

export type RefusedEvent = {
  /** `connection`, or the command that was refused. */
  event: string;
  code: RefusalCode;
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
export type RecentRefusal = RefusedEvent & { at: string; times: number };
export type RefusalCount = Pick<RefusedEvent, 'code' | 'origin' | 'signed'> & { count: number };

export type RefusalLog = {
  /** @param address where it came from; never shown */
  record(refused: RefusedEvent & { address: string | null }): void;
  /**
   * Those of a project, or (null) those of no project that anybody knows: newest first, and how many there were in the
   * last hour by code and origin.
   */
  list(project: string | null): { refusals: RecentRefusal[]; counts: RefusalCount[] };
};

/** Entries that are kept: of a project, of those nobody vouched for, of one person or address, and of all projects. */
const MAX_ENTRIES_PER_PROJECT = 200;
const MAX_UNSIGNED_ENTRIES = 100;
const MAX_ENTRIES_PER_SOURCE = 20;
const MAX_ENTRIES = 20_000;
const MAX_PROJECTS = 2_000;
/** Pairs of code and origin that are counted apart, of signed and unsigned each; what comes after them is `others`. */
const MAX_COUNTED_PAIRS = 100;
const OTHER_ORIGINS = 'others';
/** In milliseconds: an hour is counted in steps. */
const HOUR_MS = 3_600_000;
const COUNT_STEP_MS = 300_000;
/** What is longer is cut, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 256;

type LogEntry = RecentRefusal & { source: string };
type PairCount = Omit<RefusalCount, 'count'> & { steps: Map<number, number> };
type ProjectLog = { entries: LogEntry[]; counts: Map<string, PairCount> };

/**
 * Whatever a stranger sends, a project's list stays of use: the same again is one entry, one address has few, what nobody
 * vouched for takes half of it at most, and where all lists together are too long it is the longest that gives way.
 */
export function createRefusalLog(options: {
  projects: Projects;
  /** Counts the hour. */
  now?: () => number;
  /** Is shown. */
  date?: () => number;
}): RefusalLog {
  const { projects, now = monotonicTime, date = wallTime } = options;
  /** By project; null is what belongs to none. The one that was written to last is the last. */
  const logs = new Map<string | null, ProjectLog>();
  let totalEntries = 0;

  /** An unsigned token opens no list: else whoever makes up projects would fill the memory. */
  const logKeyOf = ({ project, signed }: RefusedEvent) =>
    project !== null && (signed || projects.get(project) !== null) ? project : null;

  function openLog(key: string | null): ProjectLog {
    const log = logs.get(key) ?? { entries: [], counts: new Map() };
    logs.delete(key);
    logs.set(key, log);
    if (logs.size > MAX_PROJECTS) {
      const [[oldest, dropped] = [null, log]] = logs;
      totalEntries -= dropped.entries.length;
      logs.delete(oldest);
    }
    return log;
  }

  function evictFromLongestLog(): void {
    let longest: ProjectLog | undefined;
    for (const log of logs.values()) if (log.entries.length > (longest?.entries.length ?? 0)) longest = log;
    longest?.entries.shift();
    totalEntries -= 1;
  }

  function count({ counts }: ProjectLog, { code, origin, signed }: RefusedEvent): void {
    const step = Math.floor(now() / COUNT_STEP_MS);
    const oldest = step - HOUR_MS / COUNT_STEP_MS;
    const keyOf = (from: string | null) => `${signed} ${code} ${from}`;
    if (!counts.has(keyOf(origin)) && isPairLimitReached(counts, signed, oldest)) origin = OTHER_ORIGINS;
    const found = counts.get(keyOf(origin)) ?? { code, origin, signed, steps: new Map() };
    for (const old of found.steps.keys()) if (old <= oldest) found.steps.delete(old);
    found.steps.set(step, (found.steps.get(step) ?? 0) + 1);
    counts.set(keyOf(origin), found);
  }

  return {
    record({ address, ...input }) {
      const refused = {
        ...input,
        reason: truncate(input.reason),
        origin: input.origin && truncate(input.origin),
      };
      const source = refused.signed && refused.userId ? `user ${refused.userId}` : `address ${address}`;
      const log = openLog(logKeyOf(refused));
      const at = new Date(date()).toISOString();
      const sameIndex = log.entries.findIndex(
        (entry) => isSameEvent(entry, refused) && entry.source === source,
      );
      const times = (log.entries[sameIndex]?.times ?? 0) + 1;
      const evictedIndex = sameIndex >= 0 ? sameIndex : entryToEvict(log.entries, refused.signed, source);
      if (evictedIndex >= 0) log.entries.splice(evictedIndex, 1);
      else totalEntries += 1;
      log.entries.push({ ...refused, at, times, source });
      if (totalEntries > MAX_ENTRIES) evictFromLongestLog();
      count(log, refused);
    },
    list(project) {
      const log = logs.get(project);
      const oldest = Math.floor(now() / COUNT_STEP_MS) - HOUR_MS / COUNT_STEP_MS;
      const counts = [...(log?.counts.values() ?? [])].map(({ steps, ...pair }) => ({
        ...pair,
        count: sumAfter(steps, oldest),
      }));
      return {
        refusals: (log?.entries ?? []).map(({ source: _, ...entry }) => entry).reverse(),
        counts: counts.filter((pair) => pair.count > 0).sort((a, b) => b.count - a.count),
      };
    },
  };
}

/** Which entry makes room for one more; below 0: there is room. */
function entryToEvict(entries: readonly LogEntry[], signed: boolean, source: string): number {
  const own = entries.filter((entry) => entry.source === source);
  if (own.length >= MAX_ENTRIES_PER_SOURCE) return entries.indexOf(own[0] as LogEntry);
  const unsigned = entries.filter((entry) => !entry.signed);
  if (!signed && unsigned.length >= MAX_UNSIGNED_ENTRIES) return entries.indexOf(unsigned[0] as LogEntry);
  return entries.length >= MAX_ENTRIES_PER_PROJECT ? 0 : -1;
}

function isSameEvent(
  entry: RefusedEvent,
  { event, code, reason, origin, userId, project, signed }: RefusedEvent,
): boolean {
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

function isPairLimitReached(counts: Map<string, PairCount>, signed: boolean, oldest: number): boolean {
  const pairs = () => [...counts].filter(([, count]) => count.signed === signed);
  if (pairs().length < MAX_COUNTED_PAIRS) return false;
  for (const [key, { steps }] of pairs()) if (sumAfter(steps, oldest) === 0) counts.delete(key);
  return pairs().length >= MAX_COUNTED_PAIRS;
}

function sumAfter(steps: ReadonlyMap<number, number>, oldest: number): number {
  let sum = 0;
  for (const [step, count] of steps) if (step > oldest) sum += count;
  return sum;
}

function truncate(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - 1)}…`;
}
