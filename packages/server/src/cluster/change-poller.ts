/** Learns what other servers have changed, and knows whether what this server knows is new enough to let somebody in or hear them. */

import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';
import type { Versions } from '../store/store.js';

/** Something all servers know alike, of which the database counts the changes. */
export type VersionedCache = {
  /** As far as this server has read. */
  readonly version: number;
  refresh(): Promise<void>;
};

/** Whether what is known of bans, projects and rooms is new enough to act upon (R14). */
export type Freshness = {
  isFresh(): boolean;
  /**
   * As `isFresh`, but what is too old is read again first where the database is not known to be away: as in a process that
   * was stopped for a while. Answers within `LONGEST_WAIT_MS`; one look serves all who wait. Never rejects.
   */
  whenFresh(): MaybePromise<boolean>;
};

type VersionName = keyof Versions;
const VERSION_NAMES = ['projects', 'order'] as const;

/** How often the database is asked while it answers. */
const POLL_INTERVAL_MS = 500;
/** The same while what is known is too old, or the last look failed. */
const RETRY_INTERVAL_MS = 250;
/** How old what is known may be, counted from the beginning of the look that confirmed it. */
const MAX_AGE_MS = 1_500;
const MAX_WAIT_MS = 1_000;
/** A look that gets no answer does not keep the next from being tried; so many are under way at most. */
const MAX_CONCURRENT_POLLS = 4;

/**
 * @param versions of all that is watched, by one question
 * @param catchUp reads where the rooms stand; asked for after what was known had become too old
 * @param now monotonic clock in milliseconds
 */
export function createChangePoller(options: {
  versions(): Promise<Versions>;
  caches: { readonly [Each in VersionName]: VersionedCache };
  catchUp(): Promise<void>;
  log: Log;
  now?: () => number;
}): Freshness & { close(): void } {
  const { versions, caches, catchUp, log, now = monotonicTime } = options;
  /** When the look began that confirmed each. */
  const confirmedAt: Record<VersionName, number> = { projects: now(), order: now() };
  /** What is being read, each by itself: a ban does not wait for what is slow or broken. */
  const refreshing = new Set<VersionName | 'rooms'>();
  /** Counts the looks that found what is known too old; 0: what the rooms have since then is known as well. */
  let stalePolls = 0;
  /** Whether the last look to end failed. */
  let isFailing = false;
  /** Whether it has been logged that the database is away. */
  let hasLoggedOutage = false;
  let activePolls = 0;
  let lastPollAt = Number.NEGATIVE_INFINITY;
  let waiter: { promise: Promise<boolean>; answer(fresh: boolean): void } | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed: { fresh: boolean } | null = null;

  const isRecent = () => VERSION_NAMES.every((name) => now() - confirmedAt[name] <= MAX_AGE_MS);
  const isFresh = () => (closed ? closed.fresh : isRecent() && stalePolls === 0);

  function confirm(name: VersionName, timeMs: number): void {
    confirmedAt[name] = Math.max(confirmedAt[name], timeMs);
  }

  function onError(error: unknown): void {
    const reason = String(error);
    log.debug({ reason }, 'what other servers have changed could not be read');
    if (!isFresh() && !hasLoggedOutage && !closed) {
      hasLoggedOutage = true;
      log.warn({ reason }, 'the database does not answer: nobody is let in or heard until it does');
    }
    isFailing = true;
    waiter?.answer(false);
  }

  /** Resolves in any case. */
  async function refreshPart(
    name: VersionName | 'rooms',
    refresh: () => Promise<void>,
    onDone: () => void,
  ): Promise<void> {
    refreshing.add(name);
    try {
      await refresh();
      onDone();
      if (isFresh()) {
        if (hasLoggedOutage) log.warn('the database answers again');
        hasLoggedOutage = false;
        isFailing = false;
        waiter?.answer(true);
      }
    } catch (error) {
      onError(error);
    }
    refreshing.delete(name);
  }

  async function poll(): Promise<void> {
    const startedAt = now();
    lastPollAt = startedAt;
    activePolls += 1;
    // What was stored meanwhile by other servers has not come here either.
    if (!isRecent()) stalePolls += 1;
    try {
      const newest = await versions();
      if (closed) return;
      for (const name of VERSION_NAMES) {
        const cache = caches[name];
        const refresh = async () => (newest[name] === cache.version ? undefined : cache.refresh());
        if (!refreshing.has(name)) void refreshPart(name, refresh, () => confirm(name, startedAt));
      }
      const stalePollsBefore = stalePolls;
      const onCaughtUp = () => {
        if (stalePolls === stalePollsBefore) stalePolls = 0;
      };
      if (stalePolls > 0 && !refreshing.has('rooms')) void refreshPart('rooms', catchUp, onCaughtUp);
    } catch (error) {
      onError(error);
    } finally {
      activePolls -= 1;
    }
  }

  function pollAndReschedule(): void {
    if (activePolls < MAX_CONCURRENT_POLLS) void poll();
    timer = setTimeout(pollAndReschedule, isFailing || !isFresh() ? RETRY_INTERVAL_MS : POLL_INTERVAL_MS);
  }

  function waitUntilFresh(): Promise<boolean> {
    let resolve: (fresh: boolean) => void = () => undefined;
    const promise = new Promise<boolean>((done) => {
      resolve = done;
    });
    const timeout = setTimeout(() => answer(false), MAX_WAIT_MS);
    function answer(fresh: boolean): void {
      clearTimeout(timeout);
      waiter = null;
      resolve(fresh);
    }
    waiter = { promise, answer };
    return promise;
  }

  timer = setTimeout(pollAndReschedule, POLL_INTERVAL_MS);
  return {
    isFresh,
    whenFresh() {
      if (isFresh()) return true;
      if (isFailing || closed) return false;
      if (waiter) return waiter.promise;
      const promise = waitUntilFresh();
      if (now() - lastPollAt >= RETRY_INTERVAL_MS && activePolls < MAX_CONCURRENT_POLLS) void poll();
      return promise;
    },
    close() {
      // What is being stored at this moment is stored to the end.
      closed = { fresh: isFresh() };
      clearTimeout(timer);
      waiter?.answer(false);
    },
  };
}
