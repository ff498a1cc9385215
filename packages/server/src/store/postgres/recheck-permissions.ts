/** Asks once more who may write, at the moment it is stored: a message may have waited for the database for seconds. */

import { type Access, type Refused, Unavailable } from '../store.js';
import type { Flush } from './group-commit.js';

/** What `access` refuses is answered so and not given on. While it cannot tell of one of them, all of them come again. */
export function createCheckedFlush<Job extends { access?: Access | undefined }, Result extends object>(
  flush: Flush<Job, Result>,
): Flush<Job, Result | Refused> {
  return async (jobs, passing) => {
    const verdicts = jobs.map(({ access }) => access?.() ?? null);
    if (verdicts.includes('unknown')) throw new Unavailable('who may write is not known at the moment');
    const allowed = jobs.filter((_, index) => verdicts[index] === null);
    if (allowed.length === jobs.length) return flush(jobs, passing);
    const results = allowed.length === 0 ? [] : await flush(allowed, passing);
    let next = 0;
    return verdicts.map((refused) => {
      if (refused !== null && refused !== 'unknown') return { outcome: 'refused', refused };
      next += 1;
      return results[next - 1] ?? null;
    });
  };
}
