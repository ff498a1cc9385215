/** Knows or estimates the height of each row, and decides which rows are drawn around a position. */

type Keyed = { key: string };

export type RowHeights = {
  /** Measured, or guessed from what was measured; in pixels. */
  heightOf(key: string): number;
  measure(key: string, height: number): void;
  /** Of the rows from `from` up to but not including `to`. */
  sum(items: readonly Keyed[], from: number, to: number): number;
  /** The width has changed, so the measured heights are no longer valid. */
  clear(): void;
};

const INITIAL_ROW_HEIGHT_PX = 40;
/** After this many measured rows the estimate stays fixed: a changing one would move the rows under the reader. */
const ESTIMATE_SAMPLE_SIZE = 20;

/** @param limit number of measured rows remembered; the least recently seen are dropped first */
export function createRowHeights(limit = 5_000): RowHeights {
  const measured = new Map<string, number>();
  let estimate = INITIAL_ROW_HEIGHT_PX;
  let total = 0;
  let samples = 0;

  const heightOf = (key: string) => measured.get(key) ?? estimate;
  return {
    heightOf,
    measure(key, height) {
      if (!measured.has(key) && samples < ESTIMATE_SAMPLE_SIZE) {
        samples += 1;
        total += height;
        estimate = total / samples;
      }
      measured.delete(key);
      measured.set(key, height);
      if (measured.size > limit) for (const oldest of measured.keys()) return void measured.delete(oldest);
    },
    sum(items, from, to) {
      let height = 0;
      for (let index = from; index < to; index += 1) height += heightOf(items[index]?.key ?? '');
      return height;
    },
    clear: () => measured.clear(),
  };
}

/** The rows to draw so that `above` pixels before and `below` pixels after the end of row `index` are covered. */
export function rangeAround(
  items: readonly Keyed[],
  heights: RowHeights,
  index: number,
  above: number,
  below: number,
): { from: number; to: number } {
  let from = Math.min(Math.max(index, 0), items.length);
  for (let remainingPx = above - heights.heightOf(items[index]?.key ?? ''); from > 0 && remainingPx > 0; ) {
    from -= 1;
    remainingPx -= heights.heightOf(items[from]?.key ?? '');
  }
  let to = Math.min(Math.max(index + 1, 0), items.length);
  for (let remainingPx = below; to < items.length && remainingPx > 0; to += 1)
    remainingPx -= heights.heightOf(items[to]?.key ?? '');
  return { from, to };
}
