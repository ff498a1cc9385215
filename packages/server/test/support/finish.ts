/** Work that is otherwise done in slices, done at once. */

import type { SlicedTask } from '../../src/runtime/time-slicer.js';

export function runToCompletion<Result>(work: SlicedTask<Result>): Result {
  for (let step = work.next(); ; step = work.next()) if (step.done) return step.value;
}
