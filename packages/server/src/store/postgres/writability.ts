/** Knows whether the database takes what is written: from what was written last, and by trying where nobody writes. */

import { monotonicTime } from '../../runtime/clocks.js';
import type { Log } from '../../runtime/logger.js';
import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { Writability } from '../store.js';
import { classifyError, errorCode } from './database-errors.js';
import type { Flush } from './group-commit.js';

/** Writes 280 KB to the database's disk and takes it away again; answers whether it is open for reading only. */
export const PROBE_DISK = { name: 'probe', text: 'SELECT probe_disk() AS "readOnly"' };

/** How often it is tried while nothing is known to be wrong: a full disk shows within this time though nobody writes. */
const PROBE_INTERVAL_MS = 5_000;
/** The same while writing is refused. */
const RETRY_INTERVAL_MS = 1_000;
/** How long a write that failed counts, where none has succeeded since. */
const RECENT_FAILURE_MS = 5_000;
/** PostgreSQL's insufficient resources (its appendix A) but for connections and limits of its settings: the disk or the memory is full. */
const INSUFFICIENT_RESOURCES = /^53(?!300|400)/;

/**
 * @param probe rejects with PostgreSQL's error as its cause
 * @param now monotonic clock in milliseconds
 */
export function createWritability(options: {
  probe(): Promise<{ readOnly?: boolean }[]>;
  log: Log;
  now?: () => number;
}): Writability & {
  /** The same flush, of whose ends this learns. */
  observe<Job, Result>(flush: Flush<Job, Result>): Flush<Job, Result>;
  close(): void;
} {
  const { probe, log, now = monotonicTime } = options;
  let probeRefused = false;
  /** Of the last write, where it failed for no fault of its own. */
  let failedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const isRefused = () => probeRefused || now() - failedAt < RECENT_FAILURE_MS;

  function setProbeRefused(refused: boolean): void {
    if (refused !== probeRefused)
      log.warn(
        { refused },
        refused ? 'the database refuses what is written' : 'the database can be written to',
      );
    probeRefused = refused;
  }

  async function runProbe(): Promise<void> {
    try {
      const [answer] = await probe();
      setProbeRefused(answer?.readOnly === true);
    } catch (error) {
      // That it does not answer at all is known otherwise.
      if (isOutOfResources(error)) setProbeRefused(true);
    }
    if (!closed)
      timer = setTimeout(() => void runProbe(), isRefused() ? RETRY_INTERVAL_MS : PROBE_INTERVAL_MS);
  }

  timer = setTimeout(() => void runProbe(), 0);
  return {
    get refusesWrites() {
      return isRefused();
    },
    observe: (flush) => async (jobs, skipLocked) => {
      try {
        const results = await flush(jobs, skipLocked);
        failedAt = Number.NEGATIVE_INFINITY;
        return results;
      } catch (error) {
        if (classifyError(error) === 'again') failedAt = now();
        throw error;
      }
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

const READ_ONLY_TRANSACTION = '25006';

/** Whether the database has no room to write, or is not to be written to. */
function isOutOfResources(error: unknown): boolean {
  const code = error instanceof UnavailableError ? errorCode(error.cause) : undefined;
  return code !== undefined && (INSUFFICIENT_RESOURCES.test(code) || code === READ_ONLY_TRANSACTION);
}
