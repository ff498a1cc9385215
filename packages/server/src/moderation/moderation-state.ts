/** This server's copy of the moderation of all projects: sanctions, staff and room rules. */

import type { Refusal } from '@chatty/protocol';
import { type ChangeListener, createVersionedCache } from '../cluster/versioned-cache.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import { createTimeSlicer, NO_PROJECT, type TimeSlicer } from '../runtime/time-slicer.js';
import type { ModerationChanges, ModerationRecords, StaffRow } from '../store/moderation-store.js';
import { ActiveSanctions } from './active-sanctions.js';
import { createClockDrift } from './clock-drift.js';
import type { Rank } from './ranks.js';
import { type RoomRules, roomRulesFromStored } from './room-rules.js';
import { StaffDirectory, StaffTable, type TokenStaffClaim } from './staff-directory.js';

export type ModerationState = {
  /** Why this user may not enter. Null: they may. Sanctions apply only to a `rank` below the one that set them. */
  activeBan(project: string, userId: string, rank: Rank): Refusal | null;
  /** Why this user may read but not write. Null: they may write. */
  activeMute(project: string, userId: string, rank: Rank): Refusal | null;
  /** The newest known row of somebody who is or was staff; null: none. */
  staffOf(project: string, userId: string): StaffRow | null;
  /** The current staff of the project. */
  staff(project: string): readonly StaffRow[];
  /** Stores that a verified token makes somebody staff, or no longer does. */
  recordStaff(claim: TokenStaffClaim): void;
  rules(project: string, room: string): RoomRules;
  /** Whether the project has so many sanctions that another is refused. */
  sanctionsFull(project: string): boolean;
  /** The number of the newest change in this copy. */
  readonly version: number;
  /** Reads the changes since; to be called after a change, also by another server. */
  refresh(): Promise<void>;
  /** The listener runs after each refresh with the changed projects; without: any may have changed. */
  onChange(listener: ChangeListener): void;
  close(): void;
};

type StateCopy = {
  sanctions: ActiveSanctions;
  staff: StaffTable;
  /** By `project/room`. */
  rules: Map<string, RoomRules>;
};

/** How often ended sanctions are removed. */
const SWEEP_INTERVAL_MS = 60_000;
const CLOCK_CHECK_INTERVAL_MS = 1_000;
const DEFAULT_RULES = roomRulesFromStored({});

export async function createModerationState(options: {
  records: ModerationRecords;
  log: Log;
  slices?: TimeSlicer;
  now?: () => number;
  date?: () => number;
}): Promise<ModerationState> {
  const { records, log, slices = createTimeSlicer(), now = monotonicTime, date = wallTime } = options;
  const clocks = createClockDrift(now, date);
  /** The remaining times of sanctions are wrong since the clocks drifted: everything has to be read again. */
  let needsFullReload = false;
  const cache = createVersionedCache<StateCopy, ModerationChanges>({
    readChanges: (since) => records.changesSince(since),
    createState: () => ({
      sanctions: new ActiveSanctions(now),
      staff: new StaffTable(),
      rules: new Map(),
    }),
    apply: (state, changes) => applyChanges(changes, state, now, (row) => staff.removePending(row)),
    needsFullReload: () => needsFullReload,
    onFullReload: () => {
      needsFullReload = false;
    },
  });
  const staff = new StaffDirectory(records, log, () => cache.state.staff);

  function reloadAfterClockDrift(): void {
    if (clocks.hasDrifted()) needsFullReload = true;
    if (!needsFullReload) return;
    cache.refresh().catch((error) => log.debug({ reason: String(error) }, 'failed to reload sanctions'));
  }

  await cache.refresh();
  const stopSweep = startSweep(slices, () => cache.state.sanctions);
  const clockTimer = setInterval(reloadAfterClockDrift, CLOCK_CHECK_INTERVAL_MS);

  return {
    activeBan: (project, userId, rank) => cache.state.sanctions.banOf({ project, userId, rank }),
    activeMute: (project, userId, rank) => cache.state.sanctions.muteOf({ project, userId, rank }),
    staffOf: (project, userId) => staff.find(project, userId),
    staff: (project) => staff.list(project),
    recordStaff: (claim) => staff.record(claim),
    rules: (project, room) => cache.state.rules.get(`${project}/${room}`) ?? DEFAULT_RULES,
    sanctionsFull: (project) => cache.state.sanctions.isFull(project),
    get version() {
      return cache.version ?? -1;
    },
    refresh: cache.refresh,
    onChange: cache.onChange,
    close() {
      stopSweep();
      clearInterval(clockTimer);
    },
  };
}

/** @returns the changed projects */
async function applyChanges(
  changes: ModerationChanges,
  target: StateCopy,
  now: () => number,
  onStaffRow: (row: StaffRow) => void,
): Promise<Set<string>> {
  const projects = new Set<string>();
  for await (const page of changes.sanctions) {
    const readAt = now();
    for (const row of page) {
      target.sanctions.set(row, readAt);
      projects.add(row.project);
    }
  }
  for await (const page of changes.staff)
    for (const row of page) {
      target.staff.set(row);
      onStaffRow(row);
      projects.add(row.project);
    }
  for await (const page of changes.rules)
    for (const row of page) {
      target.rules.set(`${row.project}/${row.room}`, roomRulesFromStored(row.rules));
      projects.add(row.project);
    }
  return projects;
}

/** Removes ended sanctions from time to time. @returns stops it */
function startSweep(timeSlicer: TimeSlicer, currentSanctions: () => ActiveSanctions): () => void {
  let lastSweep = Promise.resolve();
  const timer = setInterval(() => {
    lastSweep = lastSweep.then(() =>
      timeSlicer.run({ project: NO_PROJECT, lane: 'ended sanctions' }, currentSanctions().removeEnded()),
    );
  }, SWEEP_INTERVAL_MS);
  return () => clearInterval(timer);
}
