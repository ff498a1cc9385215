/** Keeps what was made of a project's settings, and makes it anew when they have changed; what there was holds until then. */

import { isDeepStrictEqual } from 'node:util';
import { ALL_PROJECTS, type Slices, type Work } from './time-slicer.js';

export type Kept<Made> = {
  /** Null: the project asks for none. A promise: the first is still being made. */
  of(project: string): Made | Promise<Made> | null;
  /** To be called when settings may have changed, with the projects they are of; without: any. */
  review(projects?: ReadonlySet<string>): void;
};

type Entry<Source, Made> = { source: Source; made: Made | null; making: Promise<Made> };

/**
 * Of a project that nobody comes to nothing is made, so that a server with many projects starts as fast as one with few.
 *
 * @param sourceOf what it is made of; null: there is nothing to make
 */
export function createKept<Source, Made>(options: {
  slices: Slices;
  /** Of the slices, in which it is made. */
  lane: string;
  sourceOf(project: string): Source | null;
  make(source: Source): Work<Made>;
}): Kept<Made> {
  const { slices, lane, sourceOf, make } = options;
  const entries = new Map<string, Entry<Source, Made>>();

  let begun = 0;

  function begin(project: string, source: Source, made: Made | null): Entry<Source, Made> {
    // A lane each: what is made of settings that have changed again holds up nothing that follows.
    begun += 1;
    const place = { project, lane: `${lane} ${begun}` };
    const entry = { source, made, making: slices.run(place, make(source)) };
    entries.set(project, entry);
    entry.making.then(
      (result) => {
        entry.made = result;
      },
      // Whoever comes next has it made again, and hears why it cannot be.
      () => entries.get(project) === entry && entries.delete(project),
    );
    return entry;
  }

  function* look(projects: Iterable<string>): Work<void> {
    for (const project of projects) {
      const entry = entries.get(project);
      if (entry === undefined) continue;
      const source = sourceOf(project);
      if (source === null) entries.delete(project);
      else if (!isDeepStrictEqual(source, entry.source)) begin(project, source, entry.made);
      yield;
    }
  }

  return {
    of(project) {
      const known = entries.get(project);
      if (known) return known.made ?? known.making;
      const source = sourceOf(project);
      return source === null ? null : begin(project, source, null).making;
    },
    review: (projects) =>
      void slices.run({ project: ALL_PROJECTS, lane }, look(projects ?? [...entries.keys()])),
  };
}
