/** Runs a long loop in slices of a few milliseconds, so that other events get their turn in between. */

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * @param options.sliceMs time after which the loop pauses for one turn of the event loop
 * @param options.itemsPerClockCheck how many items run between two looks at the clock
 * @returns the time the items took in milliseconds, without the pauses
 */
export async function forEachInSlices<Item>(
  items: Iterable<Item>,
  run: (item: Item) => void,
  options: { sliceMs: number; itemsPerClockCheck?: number },
): Promise<number> {
  const { sliceMs, itemsPerClockCheck = 1 } = options;
  let totalMs = 0;
  let sliceStart = performance.now();
  let count = 0;
  for (const item of items) {
    run(item);
    count += 1;
    if (count % itemsPerClockCheck !== 0) continue;
    const sliceSoFarMs = performance.now() - sliceStart;
    if (sliceSoFarMs < sliceMs) continue;
    totalMs += sliceSoFarMs;
    await nextTurn();
    sliceStart = performance.now();
  }
  return totalMs + performance.now() - sliceStart;
}
