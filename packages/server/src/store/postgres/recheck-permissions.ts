/** Asks once more who may write, at the moment it is stored: a message may have waited for the database for seconds. */

import { UnavailableError } from '../../runtime/unavailable-error.js';
import type { AccessCheck, RefusedResult } from '../store.js';
import type { Flush } from './group-commit.js';

/** What `access` refuses is answered so and not given on. While it cannot tell of one of them, all of them come again. */
export function createAccessCheckedFlush<
  Job extends { access?: AccessCheck | undefined },
  Result extends object,
>(flush: Flush<Job, Result>): Flush<Job, Result | RefusedResult> {
  return async (jobs, skipLocked) => {
    const accessResults = jobs.map(({ access }) => access?.() ?? null);
    if (accessResults.includes('unknown'))
      throw new UnavailableError('who may write is not known at the moment');
    const allowed = jobs.filter((_, index) => accessResults[index] === null);
    if (allowed.length === jobs.length) return flush(jobs, skipLocked);
    const results = allowed.length === 0 ? [] : await flush(allowed, skipLocked);
    let nextResult = 0;
    return accessResults.map((refused) => {
      if (refused !== null && refused !== 'unknown') return { outcome: 'refused', refused };
      nextResult += 1;
      return results[nextResult - 1] ?? null;
    });
  };
}
