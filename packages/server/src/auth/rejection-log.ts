/** Decides which rejections are remembered per project, so that hosts see why clients are turned away: bounded, and without tokens. */

import type { RefusalCode } from '@chatty/protocol';
import type { Projects } from '../projects/projects.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';
import { countRefusal, type RefusalCount, type RefusalCounts, recentCounts } from './rejection-counts.js';

export type RefusedEvent = {
  /** `connection`, or the refused command. */
  event: string;
  code: RefusalCode;
  /** More than the client was told; '': no more. */
  reason: string;
  /** The origin of the page; null: not a browser, or unknown. */
  origin: string | null;
  userId: string | null;
  /** The project, if the client named one. */
  project: string | null;
  /** Whether a key of the project vouches for the rest; otherwise anyone may have claimed it. */
  signed: boolean;
};

/** `times`: how often the same source was refused for the same reason, most recently at `at`. */
export type RecentRefusal = RefusedEvent & { at: string; times: number };

export type RefusalLog = {
  /** @param address where the request came from; never shown */
  record(refused: RefusedEvent & { address: string | null }): void;
  /**
   * The refusals of a project, or (null) those of no known project, newest first, and how many there were in the last
   * hour by code and origin.
   */
  list(project: string | null): { refusals: RecentRefusal[]; counts: RefusalCount[] };
};

const MAX_ENTRIES_PER_PROJECT = 200;
const MAX_UNSIGNED_ENTRIES = 100;
/** Entries of one user or address within a project. */
const MAX_ENTRIES_PER_SOURCE = 20;
/** Entries of all projects. */
const MAX_ENTRIES = 20_000;
const MAX_PROJECTS = 2_000;
/** Longer texts are cut, in UTF-16 code units. */
const MAX_TEXT_LENGTH = 256;

type LogEntry = RecentRefusal & { source: string };
type ProjectLog = { entries: LogEntry[]; counts: RefusalCounts };

/**
 * Stays useful under attack: repeats share one entry, one address has few entries, unsigned ones take at most half of a
 * project's, and when all lists together are too long, the longest is cut.
 */
export function createRefusalLog(options: {
  projects: Projects;
  /** Monotonic clock in milliseconds, for the counts. */
  now?: () => number;
  /** Wall-clock time in milliseconds, to be shown. */
  date?: () => number;
}): RefusalLog {
  const { projects, now = monotonicTime, date = wallTime } = options;
  /** By project; null: no known project. The most recently written one is the last. */
  const logs = new Map<string | null, ProjectLog>();
  let totalEntries = 0;

  /** Unsigned tokens never create a project's list, so that made-up project ids cannot exhaust memory. */
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
      countRefusal(log.counts, refused, now());
    },
    list(project) {
      const log = logs.get(project);
      return {
        refusals: (log?.entries ?? []).map(({ source: _, ...entry }) => entry).reverse(),
        counts: log ? recentCounts(log.counts, now()) : [],
      };
    },
  };
}

/** The index of the entry to remove before one is added; -1: none. */
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

function truncate(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - 1)}…`;
}
