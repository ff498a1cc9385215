/** Runs a long loop in slices of a few milliseconds, so that other events get their turn in between. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicTime } from './clocks.js';

/**
 * @param options.sliceMs time after which the loop pauses for one turn of the event loop
 * @param options.itemsPerClockCheck how many items run between two looks at the clock
 * @param options.now monotonic clock in milliseconds
 * @returns the time the items took in milliseconds, without the pauses
 */
export async function forEachInSlices<Item>(
  items: Iterable<Item>,
  run: (item: Item) => void,
  options: { sliceMs: number; itemsPerClockCheck?: number; now?: () => number },
): Promise<number> {
  const { sliceMs, itemsPerClockCheck = 1, now = monotonicTime } = options;
  let totalMs = 0;
  let sliceStart = now();
  let count = 0;
  for (const item of items) {
    run(item);
    count += 1;
    if (count % itemsPerClockCheck !== 0) continue;
    const sliceSoFarMs = now() - sliceStart;
    if (sliceSoFarMs < sliceMs) continue;
    totalMs += sliceSoFarMs;
    await nextTurn();
    sliceStart = now();
  }
  return totalMs + now() - sliceStart;
}
