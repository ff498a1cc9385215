/** Decides how tall each line counts, drawn or not, and which lines are drawn around a place in the talk. */

type Keyed = { key: string };

export type RowHeights = {
  /** Measured, or guessed from what was measured; in pixels. */
  heightOf(key: string): number;
  measure(key: string, height: number): void;
  /** Of the lines from `from` up to but not including `to`. */
  sum(items: readonly Keyed[], from: number, to: number): number;
  /** The width has changed: what was measured says nothing any more. */
  clear(): void;
};

const INITIAL_ROW_HEIGHT_PX = 40;
/** So many measured lines make a guess that holds: one that moved on would move the talk under the reader. */
const ESTIMATE_SAMPLE_SIZE = 20;

/** @param limit measured lines remembered; the longest unseen are forgotten first */
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

/** The lines to draw so that `above` pixels before and `below` pixels after the end of line `index` are covered. */
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
