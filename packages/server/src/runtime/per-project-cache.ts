/** Caches a value built from a project's settings. After a change it is rebuilt; the old value is used until then. */

import { isDeepStrictEqual } from 'node:util';
import { NO_PROJECT, type SlicedTask, type TimeSlicer } from './time-slicer.js';

export type PerProjectCache<Value> = {
  /** Null: the project needs none. A promise: the first value is being built. */
  get(project: string): Value | Promise<Value> | null;
  /** Call it when settings may have changed. Without `projects`: of any project. */
  refresh(projects?: ReadonlySet<string>): void;
};

type CacheEntry<Source, Value> = { source: Source; value: Value | null; pending: Promise<Value> };

/**
 * Values are built on first use, so that a server with many projects starts as fast as one with few.
 *
 * @param options.sourceOf the settings to build from; null: no value is needed
 */
export function createPerProjectCache<Source, Value>(options: {
  timeSlicer: TimeSlicer;
  /** The lane of the time slicer in which values are built. */
  lane: string;
  sourceOf(project: string): Source | null;
  build(source: Source): SlicedTask<Value>;
}): PerProjectCache<Value> {
  const { timeSlicer, lane, sourceOf, build } = options;
  const entries = new Map<string, CacheEntry<Source, Value>>();

  let buildCount = 0;

  function startBuild(project: string, source: Source, value: Value | null): CacheEntry<Source, Value> {
    // A lane per build: an outdated build does not delay the next one.
    buildCount += 1;
    const laneKey = { project, lane: `${lane} ${buildCount}` };
    const entry = { source, value, pending: timeSlicer.run(laneKey, build(source)) };
    entries.set(project, entry);
    entry.pending.then(
      (result) => {
        entry.value = result;
      },
      // The next `get` builds it again, and gets the error if that fails too.
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
