/** Work that is otherwise done in slices, done at once. */

import type { Work } from '@chatty/server/runtime/time-slicer';

export function finish<Result>(work: Work<Result>): Result {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}
