/** Keeps what was made of a project's settings, and makes it anew when they have changed; what there was holds until then. */

import { isDeepStrictEqual } from 'node:util';
import { NO_PROJECT, type SlicedTask, type TimeSlicer } from './time-slicer.js';

export type PerProjectCache<Value> = {
  /** Null: the project asks for none. A promise: the first is still being made. */
  get(project: string): Value | Promise<Value> | null;
  /** To be called when settings may have changed, with the projects they are of; without: any. */
  refresh(projects?: ReadonlySet<string>): void;
};

type CacheEntry<Source, Value> = { source: Source; value: Value | null; pending: Promise<Value> };

/**
 * Of a project that nobody comes to nothing is made, so that a server with many projects starts as fast as one with few.
 *
 * @param sourceOf what it is made of; null: there is nothing to make
 */
export function createPerProjectCache<Source, Value>(options: {
  timeSlicer: TimeSlicer;
  /** Of the slices, in which it is made. */
  lane: string;
  sourceOf(project: string): Source | null;
  build(source: Source): SlicedTask<Value>;
}): PerProjectCache<Value> {
  const { timeSlicer, lane, sourceOf, build } = options;
  const entries = new Map<string, CacheEntry<Source, Value>>();

  let buildCount = 0;

  function startBuild(project: string, source: Source, value: Value | null): CacheEntry<Source, Value> {
    // A lane each: what is made of settings that have changed again holds up nothing that follows.
    buildCount += 1;
    const laneKey = { project, lane: `${lane} ${buildCount}` };
    const entry = { source, value, pending: timeSlicer.run(laneKey, build(source)) };
    entries.set(project, entry);
    entry.pending.then(
      (result) => {
        entry.value = result;
      },
      // Whoever comes next has it made again, and hears why it cannot be.
      () => entries.get(project) === entry && entries.delete(project),
    );
    return entry;
  }

  function* refreshEntries(projects: Iterable<string>): SlicedTask<void> {
    for (const project of projects) {
      const entry = entries.get(project);
      if (entry === undefined) continue;
      const source = sourceOf(project);
      if (source === null) entries.delete(project);
      else if (!isDeepStrictEqual(source, entry.source)) startBuild(project, source, entry.value);
      yield;
    }
  }

  return {
    get(project) {
      const cached = entries.get(project);
      if (cached) return cached.value ?? cached.pending;
      const source = sourceOf(project);
      return source === null ? null : startBuild(project, source, null).pending;
    },
    refresh: (projects) =>
      void timeSlicer.run({ project: NO_PROJECT, lane }, refreshEntries(projects ?? [...entries.keys()])),
  };
}
