/** Decides how tall each line counts, drawn or not, and which lines are drawn around a place in the talk. */

type Keyed = { key: string };

export type Heights = {
  /** Measured, or guessed from what was measured; in pixels. */
  of(key: string): number;
  measure(key: string, height: number): void;
  /** Of the lines from `from` up to but not including `to`. */
  sum(lines: readonly Keyed[], from: number, to: number): number;
  /** The width has changed: what was measured says nothing any more. */
  forget(): void;
};

const GUESS = 40;
/** So many measured lines make a guess that holds: one that moved on would move the talk under the reader. */
const SAMPLE = 20;

/** @param limit measured lines remembered; the longest unseen are forgotten first */
export function createHeights(limit = 5_000): Heights {
  const known = new Map<string, number>();
  let guess = GUESS;
  let total = 0;
  let samples = 0;

  const of = (key: string) => known.get(key) ?? guess;
  return {
    of,
    measure(key, height) {
      if (!known.has(key) && samples < SAMPLE) {
        samples += 1;
        total += height;
        guess = total / samples;
      }
      known.delete(key);
      known.set(key, height);
      if (known.size > limit) for (const oldest of known.keys()) return void known.delete(oldest);
    },
    sum(lines, from, to) {
      let height = 0;
      for (let index = from; index < to; index += 1) height += of(lines[index]?.key ?? '');
      return height;
    },
    forget: () => known.clear(),
  };
}

/** The lines to draw so that `above` pixels before and `below` pixels after the end of line `index` are covered. */
export function around(
  lines: readonly Keyed[],
  heights: Heights,
  index: number,
  above: number,
  below: number,
): { from: number; to: number } {
  let from = Math.min(Math.max(index, 0), lines.length);
  for (let left = above - heights.of(lines[index]?.key ?? ''); from > 0 && left > 0; ) {
    from -= 1;
    left -= heights.of(lines[from]?.key ?? '');
  }
  let to = Math.min(Math.max(index + 1, 0), lines.length);
  for (let left = below; to < lines.length && left > 0; to += 1) left -= heights.of(lines[to]?.key ?? '');
  return { from, to };
}
