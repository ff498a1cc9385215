/** Polls for changes made by other servers, and decides whether this server's permissions are recent enough to act upon (R14). */

import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';
import type { Versions } from '../store/store.js';

/** A copy of shared data. The database counts its changes. */
export type VersionedCache = {
  /** The number of the newest change in this copy. */
  readonly version: number;
  refresh(): Promise<void>;
};

/** Whether this server's copies of bans, projects and rooms are recent enough to act upon (R14). */
export type Freshness = {
  isFresh(): boolean;
  /**
   * Like `isFresh`, but polls first if the copies are too old and the database is not known to be down, as after the
   * process was suspended. Answers within `MAX_WAIT_MS`; concurrent callers share one poll. Never rejects.
   */
  whenFresh(): MaybePromise<boolean>;
};

type VersionName = keyof Versions;
type RefreshPart = VersionName | 'rooms';
const VERSION_NAMES = ['projects', 'order'] as const;

const POLL_INTERVAL_MS = 500;
/** The interval while the copies are too old, or the last poll failed. */
const RETRY_INTERVAL_MS = 250;
/** Longest age of a copy, counted from the start of the poll that confirmed it. */
const MAX_AGE_MS = 1_500;
const MAX_WAIT_MS = 1_000;
/** A poll without an answer does not stop the next one, up to this number. */
const MAX_CONCURRENT_POLLS = 4;

export class ChangePoller implements Freshness {
  readonly #versions: () => Promise<Versions>;
  readonly #caches: { readonly [Each in VersionName]: VersionedCache };
  readonly #catchUp: () => Promise<void>;
  readonly #now: () => number;
  readonly #outages: OutageLog;
  readonly #waiter = new FreshnessWaiter();
  /** When the poll began that confirmed each copy. */
  readonly #confirmedAt: Record<VersionName, number>;
  /** Each part is refreshed separately: a ban does not wait for something slow or broken. */
  readonly #refreshing = new Set<RefreshPart>();
  /** Polls that found the copies too old since the rooms last caught up. */
  #stalePolls = 0;
  /** Whether the most recently finished poll failed. */
  #isFailing = false;
  #activePolls = 0;
  #lastPollAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout;
  #closed: { fresh: boolean } | null = null;

  /**
   * @param options.versions reads the versions of all copies with one query
   * @param options.catchUp compares the rooms with the store; runs after the copies had become too old
   * @param options.now monotonic clock in milliseconds
   */
  constructor(options: {
    versions(): Promise<Versions>;
    caches: { readonly [Each in VersionName]: VersionedCache };
    catchUp(): Promise<void>;
    log: Log;
    now?: () => number;
  }) {
    const { versions, caches, catchUp, log, now = monotonicTime } = options;
    this.#versions = versions;
    this.#caches = caches;
    this.#catchUp = catchUp;
    this.#now = now;
    this.#outages = new OutageLog(log);
    this.#confirmedAt = { projects: now(), order: now() };
    this.#timer = setTimeout(() => this.#pollAndReschedule(), POLL_INTERVAL_MS);
  }

  isFresh(): boolean {
    return this.#closed ? this.#closed.fresh : this.#isRecent() && this.#stalePolls === 0;
  }

  whenFresh(): MaybePromise<boolean> {
    if (this.isFresh()) return true;
    if (this.#isFailing || this.#closed) return false;
    if (this.#waiter.isWaiting) return this.#waiter.wait();
    const answer = this.#waiter.wait();
    const isDue = this.#now() - this.#lastPollAt >= RETRY_INTERVAL_MS;
    if (isDue && this.#activePolls < MAX_CONCURRENT_POLLS) void this.#poll();
    return answer;
  }

  close(): void {
    // Changes that are being stored now are stored to the end, under the permissions of now.
    this.#closed = { fresh: this.isFresh() };
    clearTimeout(this.#timer);
    this.#waiter.answer(false);
  }

  #isRecent(): boolean {
    return VERSION_NAMES.every((name) => this.#now() - this.#confirmedAt[name] <= MAX_AGE_MS);
  }

  #pollAndReschedule(): void {
    if (this.#activePolls < MAX_CONCURRENT_POLLS) void this.#poll();
    const interval = this.#isFailing || !this.isFresh() ? RETRY_INTERVAL_MS : POLL_INTERVAL_MS;
    this.#timer = setTimeout(() => this.#pollAndReschedule(), interval);
  }

  async #poll(): Promise<void> {
    const startedAt = this.#now();
    this.#lastPollAt = startedAt;
    this.#activePolls += 1;
    // Messages stored by other servers in that time have not arrived either.
    if (!this.#isRecent()) this.#stalePolls += 1;
    try {
      const newest = await this.#versions();
      if (this.#closed) return;
      for (const name of VERSION_NAMES) this.#refreshCache(name, newest[name], startedAt);
      if (this.#stalePolls > 0) this.#refreshRooms();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#activePolls -= 1;
    }
  }

  #refreshCache(name: VersionName, newestVersion: number, pollStartedAt: number): void {
    const cache = this.#caches[name];
    const refresh = async () => (newestVersion === cache.version ? undefined : cache.refresh());
    void this.#refreshPart(name, refresh, () => {
      this.#confirmedAt[name] = Math.max(this.#confirmedAt[name], pollStartedAt);
    });
  }

  #refreshRooms(): void {
    const stalePollsBefore = this.#stalePolls;
    void this.#refreshPart('rooms', this.#catchUp, () => {
      if (this.#stalePolls === stalePollsBefore) this.#stalePolls = 0;
    });
  }

  /** Never rejects. Does nothing while the same part is being refreshed. */
  async #refreshPart(part: RefreshPart, refresh: () => Promise<void>, onDone: () => void): Promise<void> {
    if (this.#refreshing.has(part)) return;
    this.#refreshing.add(part);
    try {
      await refresh();
      onDone();
      if (this.isFresh()) this.#onFresh();
    } catch (error) {
      this.#onError(error);
    }
    this.#refreshing.delete(part);
  }

  #onFresh(): void {
    this.#outages.end();
    this.#isFailing = false;
    this.#waiter.answer(true);
  }

  #onError(error: unknown): void {
    this.#outages.recordFailure(error, !this.isFresh() && !this.#closed);
    this.#isFailing = true;
    this.#waiter.answer(false);
  }
}

/** Logs the beginning and the end of an outage once each. */
class OutageLog {
  readonly #log: Log;
  #isLogged = false;

  constructor(log: Log) {
    this.#log = log;
  }

  recordFailure(error: unknown, isOutage: boolean): void {
    const reason = String(error);
    this.#log.debug({ reason }, 'failed to poll for changes');
    if (!isOutage || this.#isLogged) return;
    this.#isLogged = true;
    this.#log.warn(
      { reason },
      'the database does not answer: connections and messages are refused until it does',
    );
  }

  end(): void {
    if (this.#isLogged) this.#log.warn('the database answers again');
    this.#isLogged = false;
  }
}

/** One answer for everyone who waits, at the latest after `MAX_WAIT_MS`. */
class FreshnessWaiter {
  #waiting: { promise: Promise<boolean>; answer(isFresh: boolean): void } | null = null;

  get isWaiting(): boolean {
    return this.#waiting !== null;
  }

  wait(): Promise<boolean> {
    if (this.#waiting !== null) return this.#waiting.promise;
    let resolve: (isFresh: boolean) => void = () => undefined;
    const promise = new Promise<boolean>((settle) => {
      resolve = settle;
    });
    const timeout = setTimeout(() => this.answer(false), MAX_WAIT_MS);
    this.#waiting = {
      promise,
      answer(isFresh) {
        clearTimeout(timeout);
        resolve(isFresh);
      },
    };
    return promise;
  }

  answer(isFresh: boolean): void {
    this.#waiting?.answer(isFresh);
    this.#waiting = null;
  }
}
