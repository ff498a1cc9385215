/** Learns what other servers have changed, and knows whether what this server knows is new enough to let somebody in or hear them. */

import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type { AtOnce } from '../runtime/maybe-promise.js';
import type { Versions } from '../store/store.js';

/** Something all servers know alike, of which the database counts the changes. */
export type Watched = {
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
  whenFresh(): AtOnce<boolean>;
};

type Name = keyof Versions;
const NAMES = ['projects', 'order'] as const;

/** How often the database is asked while it answers. */
const LOOK_INTERVAL_MS = 500;
/** The same while what is known is too old, or the last look failed. */
const RETRY_INTERVAL_MS = 250;
/** How old what is known may be, counted from the beginning of the look that confirmed it. */
const FRESH_MS = 1_500;
const LONGEST_WAIT_MS = 1_000;
/** A look that gets no answer does not keep the next from being tried; so many are under way at most. */
const LOOKS_AT_ONCE = 4;

/**
 * @param versions of all that is watched, by one question
 * @param catchUp reads where the rooms stand; asked for after what was known had become too old
 * @param now monotonic clock in milliseconds
 */
export function createWatch(options: {
  versions(): Promise<Versions>;
  watched: { readonly [Each in Name]: Watched };
  catchUp(): Promise<void>;
  log: Log;
  now?: () => number;
}): Freshness & { close(): void } {
  const { versions, watched, catchUp, log, now = monotonicTime } = options;
  /** When the look began that confirmed each. */
  const confirmed: Record<Name, number> = { projects: now(), order: now() };
  /** What is being read, each by itself: a ban does not wait for what is slow or broken. */
  const reading = new Set<Name | 'rooms'>();
  /** Counts the looks that found what is known too old; 0: what the rooms have since then is known as well. */
  let misses = 0;
  /** Whether the last look to end failed. */
  let failing = false;
  /** Whether it has been logged that the database is away. */
  let told = false;
  let looks = 0;
  let lastLook = Number.NEGATIVE_INFINITY;
  let waiting: { promise: Promise<boolean>; answer(fresh: boolean): void } | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed: { fresh: boolean } | null = null;

  const isNew = () => NAMES.every((name) => now() - confirmed[name] <= FRESH_MS);
  const isFresh = () => (closed ? closed.fresh : isNew() && misses === 0);

  function confirm(name: Name, time: number): void {
    confirmed[name] = Math.max(confirmed[name], time);
  }

  function fail(error: unknown): void {
    const reason = String(error);
    log.debug({ reason }, 'what other servers have changed could not be read');
    if (!isFresh() && !told && !closed) {
      told = true;
      log.warn({ reason }, 'the database does not answer: nobody is let in or heard until it does');
    }
    failing = true;
    waiting?.answer(false);
  }

  /** Resolves in any case. */
  async function read(name: Name | 'rooms', work: () => Promise<void>, done: () => void): Promise<void> {
    reading.add(name);
    try {
      await work();
      done();
      if (isFresh()) {
        if (told) log.warn('the database answers again');
        told = false;
        failing = false;
        waiting?.answer(true);
      }
    } catch (error) {
      fail(error);
    }
    reading.delete(name);
  }

  async function look(): Promise<void> {
    const began = now();
    lastLook = began;
    looks += 1;
    // What was stored meanwhile by other servers has not come here either.
    if (!isNew()) misses += 1;
    try {
      const newest = await versions();
      if (closed) return;
      for (const name of NAMES) {
        const part = watched[name];
        const refresh = async () => (newest[name] === part.version ? undefined : part.refresh());
        if (!reading.has(name)) void read(name, refresh, () => confirm(name, began));
      }
      const asked = misses;
      const caughtUp = () => {
        if (misses === asked) misses = 0;
      };
      if (misses > 0 && !reading.has('rooms')) void read('rooms', catchUp, caughtUp);
    } catch (error) {
      fail(error);
    } finally {
      looks -= 1;
    }
  }

  function tick(): void {
    if (looks < LOOKS_AT_ONCE) void look();
    timer = setTimeout(tick, failing || !isFresh() ? RETRY_INTERVAL_MS : LOOK_INTERVAL_MS);
  }

  function wait(): Promise<boolean> {
    let resolve: (fresh: boolean) => void = () => undefined;
    const promise = new Promise<boolean>((done) => {
      resolve = done;
    });
    const timeout = setTimeout(() => answer(false), LONGEST_WAIT_MS);
    function answer(fresh: boolean): void {
      clearTimeout(timeout);
      waiting = null;
      resolve(fresh);
    }
    waiting = { promise, answer };
    return promise;
  }

  timer = setTimeout(tick, LOOK_INTERVAL_MS);
  return {
    isFresh,
    whenFresh() {
      if (isFresh()) return true;
      if (failing || closed) return false;
      if (waiting) return waiting.promise;
      const promise = wait();
      if (now() - lastLook >= RETRY_INTERVAL_MS && looks < LOOKS_AT_ONCE) void look();
      return promise;
    },
    close() {
      // What is being stored at this moment is stored to the end.
      closed = { fresh: isFresh() };
      clearTimeout(timer);
      waiting?.answer(false);
    },
  };
}
