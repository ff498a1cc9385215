/** Holds a copy of database rows in memory, and brings it up to date by reading what changed after the version it has. */

import { coalesce } from '../runtime/coalesce.js';

/** Rows that changed. `isComplete`: all rows instead, because the changes after the known version are unknown. */
type ChangeSet = { readonly version: number; readonly isComplete: boolean };

export type ChangeListener = (projects?: ReadonlySet<string>) => void;

export type VersionedCache<State> = {
  readonly state: State;
  /** Version of the newest change in `state`; null before the first refresh. */
  readonly version: number | null;
  /** Reads what has changed, also on other servers. Call it after each change. */
  refresh(): Promise<void>;
  /** Runs after each change with the projects that changed; undefined: any project may have changed. */
  onChange(listener: ChangeListener): void;
  /** Resolves when no refresh runs. Never rejects. */
  idle(): Promise<void>;
};

/**
 * @param options.readChanges null: nothing changed. Its parameter is null if all rows are needed.
 * @param options.apply puts the changes into a state, and returns the projects they belong to
 * @param options.needsFullReload asked before each refresh: whether even unchanged rows must be read again
 * @param options.onFullReload runs after the refresh that `needsFullReload` asked for
 */
export function createVersionedCache<State, Changes extends ChangeSet>(options: {
  readChanges: (since: number | null) => Promise<Changes | null>;
  createState: () => State;
  apply: (state: State, changes: Changes) => Promise<ReadonlySet<string>>;
  needsFullReload?: () => boolean;
  onFullReload?: () => void;
}): VersionedCache<State> {
  const { readChanges, createState, apply, needsFullReload, onFullReload } = options;
  const listeners: ChangeListener[] = [];
  let state = createState();
  let version: number | null = null;

  async function reload(): Promise<void> {
    const isFullReload = needsFullReload?.() ?? false;
    const changes = await readChanges(isFullReload ? null : version);
    if (changes === null) return;
    // A complete set is applied to a new state, so that readers never see a part of it.
    const next = changes.isComplete ? createState() : state;
    const projects = await apply(next, changes);
    state = next;
    version = changes.version;
    if (isFullReload) onFullReload?.();
    for (const listener of listeners) listener(changes.isComplete ? undefined : projects);
  }

  const refresh = coalesce(reload);
  return {
    get state() {
      return state;
    },
    get version() {
      return version;
    },
    refresh,
    onChange: (listener) => void listeners.push(listener),
    idle: () => refresh.idle(),
  };
}
