/** Decides what holds at this moment, for all servers alike: who is banned or muted, who is staff, which rules each room has. */

import { createRefusal, type Refusal } from '@chatty/protocol';
import { monotonicTime, wallTime } from '../runtime/clocks.js';
import { coalesce } from '../runtime/coalesce.js';
import type { Log } from '../runtime/logger.js';
import { createTimeSlicer, NO_PROJECT, type SlicedTask, type TimeSlicer } from '../runtime/time-slicer.js';
import type { ModerationRecords, SanctionKind, SanctionRow, StaffRow } from '../store/moderation-store.js';
import { type Rank, rankOf } from './ranks.js';
import { type RoomRules, roomRulesFromStored } from './room-rules.js';

/** What a token says of its owner. `issuedAtMs` null: the token does not say. */
export type TokenStaffClaim = Omit<StaffRow, 'issuedAt'> & { issuedAtMs: number | null };

export type ModerationState = {
  /** Why this user may not be here at all; null: may. What somebody set binds those below them: `rank` is the user's. */
  activeBan(project: string, userId: string, rank: Rank): Refusal | null;
  /** Why this user may read but not write; null: may. */
  activeMute(project: string, userId: string, rank: Rank): Refusal | null;
  /** What was last seen of somebody who is or was staff; null: nothing. */
  staffOf(project: string, userId: string): StaffRow | null;
  /** Everybody of the project's staff. */
  staff(project: string): readonly StaffRow[];
  /** Stores that a verified token makes somebody staff, or no longer does. */
  recordStaff(claim: TokenStaffClaim): void;
  rules(project: string, room: string): RoomRules;
  /** Whether this many are sanctioned already that another has to wait: one project cannot fill the memory of all. */
  sanctionsFull(project: string): boolean;
  /** Number of the newest change that is known. */
  readonly version: number;
  /** Reads again what has changed; to be called after a change, also by another server. */
  refresh(): Promise<void>;
  /** Runs after each change, with the projects it is about; without: it may be about any. */
  onChange(listener: (projects?: ReadonlySet<string>) => void): void;
  close(): void;
};

/** `endsAt` by the monotonic clock: a server whose time of day is wrong ends no ban early. Null: for good. */
type Sanction = Pick<SanctionRow, 'setBy'> & { endsAt: number | null };

/** Sanctions that hold at once, and people remembered as staff, of one project. */
const MAX_SANCTIONS_PER_PROJECT = 50_000;
const MAX_STAFF_PER_PROJECT = 1_000;
/** How often sanctions that have ended are let go of, in milliseconds. */
const SWEEP_INTERVAL_MS = 60_000;
/** How often the two clocks are compared, and how far they may part in between, in milliseconds. */
const CLOCK_CHECK_INTERVAL_MS = 1_000;
const MAX_CLOCK_DRIFT_MS = 1_000;

const DEFAULT_RULES = roomRulesFromStored({});
/** What keeps somebody out, and how that is refused: a ban first, which outlasts a kick. */
const EXCLUDING_SANCTIONS = [
  ['ban', 'banned'],
  ['kick', 'kicked'],
] as const;

export async function createModerationState(options: {
  records: ModerationRecords;
  log: Log;
  slices?: TimeSlicer;
  now?: () => number;
  date?: () => number;
}): Promise<ModerationState> {
  const { records, log, slices = createTimeSlicer(), now = monotonicTime, date = wallTime } = options;
  let { sanctions, staff, rules } = emptyState();
  /** What tokens said that came here, until it is read back: nobody is acted on in between as if they were a member. */
  const pendingStaff = new Map<string, Map<string, StaffRow>>();
  const listeners: ((projects?: ReadonlySet<string>) => void)[] = [];
  let version: number | null = null;
  /** The machine was suspended, and the monotonic clock with it (or its clock was set): what is left has to be read again. */
  let clocksDiverged = false;
  let clockOffset = date() - now();

  const isActive = ({ endsAt }: Sanction, time: number) => endsAt === null || time < endsAt;

  /** What is left of it in milliseconds; undefined: it is for good; null: there is none. */
  function remaining(
    kind: SanctionKind,
    { project, userId, rank }: { project: string; userId: string; rank: Rank },
  ): { retryAfter?: number } | null {
    const found = sanctions.get(project)?.get(`${kind} ${userId}`);
    const time = now();
    if (!found || !isActive(found, time) || rankOf(found.setBy) <= rank) return null;
    return found.endsAt === null ? {} : { retryAfter: Math.ceil(found.endsAt - time) };
  }

  const staffOf = (project: string, userId: string) =>
    pendingStaff.get(project)?.get(userId) ?? staff.get(project)?.get(userId) ?? null;
  const staffCount = (project: string) =>
    (staff.get(project)?.size ?? 0) + (pendingStaff.get(project)?.size ?? 0);

  /** Unless a newer token has come since. */
  function forgetPending({ project, userId, issuedAt }: StaffRow): void {
    const rows = pendingStaff.get(project);
    if (rows === undefined || (rows.get(userId)?.issuedAt ?? '') > issuedAt) return;
    rows.delete(userId);
    if (rows.size === 0) pendingStaff.delete(project);
  }

  async function reload(): Promise<void> {
    const isFullReload = clocksDiverged;
    const changes = await records.changesSince(isFullReload ? null : version);
    if (changes === null) return;
    const next = changes.isComplete ? emptyState() : { sanctions, staff, rules };
    const projects = new Set<string>();
    for await (const page of changes.sanctions) {
      const time = now();
      for (const { project, kind, userId, setBy, remainingMs } of page) {
        const endsAt = remainingMs === null ? null : time + remainingMs;
        setNested(next.sanctions, project, `${kind} ${userId}`, { endsAt, setBy });
        projects.add(project);
      }
    }
    for await (const page of changes.staff)
      for (const row of page) {
        setNested(next.staff, row.project, row.userId, row);
        forgetPending(row);
        projects.add(row.project);
      }
    for await (const page of changes.rules)
      for (const row of page) {
        next.rules.set(`${row.project}/${row.room}`, roomRulesFromStored(row.rules));
        projects.add(row.project);
      }
    ({ sanctions, staff, rules } = next);
    if (isFullReload) clocksDiverged = false;
    version = changes.version;
    for (const listener of listeners) listener(changes.isComplete ? undefined : projects);
  }

  const refresh = coalesce(reload);

  /** In slices: there may be as many as all projects together have. */
  function* sweep(projects: Iterable<string>): SlicedTask<void> {
    const time = now();
    for (const project of projects) {
      const active = sanctions.get(project) ?? new Map<string, Sanction>();
      for (const [key, row] of active) {
        if (!isActive(row, time)) active.delete(key);
        yield;
      }
      if (active.size === 0) sanctions.delete(project);
    }
  }

  function sanctionsFull(project: string): boolean {
    const isOverLimit = () => (sanctions.get(project)?.size ?? 0) >= MAX_SANCTIONS_PER_PROJECT;
    if (isOverLimit()) for (const _ of sweep([project]));
    return isOverLimit();
  }

  function compareClocks(): void {
    const offset = date() - now();
    if (Math.abs(offset - clockOffset) > MAX_CLOCK_DRIFT_MS) clocksDiverged = true;
    clockOffset = offset;
    if (clocksDiverged)
      refresh().catch((error) => log.debug({ reason: String(error) }, 'sanctions could not be read again'));
  }

  await refresh();
  let lastSweep = Promise.resolve();
  const sweepTimer = setInterval(() => {
    lastSweep = lastSweep.then(() =>
      slices.run({ project: NO_PROJECT, lane: 'ended sanctions' }, sweep(sanctions.keys())),
    );
  }, SWEEP_INTERVAL_MS);
  const clockTimer = setInterval(compareClocks, CLOCK_CHECK_INTERVAL_MS);

  return {
    activeBan(project, userId, rank) {
      for (const [kind, code] of EXCLUDING_SANCTIONS) {
        const active = remaining(kind, { project, userId, rank });
        if (active) return createRefusal(code, active.retryAfter);
      }
      return null;
    },
    activeMute(project, userId, rank) {
      const active = remaining('mute', { project, userId, rank });
      return active && createRefusal('muted', active.retryAfter);
    },
    staffOf,
    recordStaff({ project, userId, username, role, issuedAtMs }) {
      const known = staffOf(project, userId);
      if (known ? known.role === role && known.username === username : rankOf(role) <= 0) return;
      const issuedAt = new Date(issuedAtMs ?? 0).toISOString();
      if (known ? known.issuedAt > issuedAt : staffCount(project) >= MAX_STAFF_PER_PROJECT) return;
      const row = { project, userId, username, role, issuedAt };
      setNested(pendingStaff, project, userId, row);
      records.recordStaff(row).catch((error) => {
        forgetPending(row);
        log.warn({ project, reason: String(error) }, 'who is staff could not be written');
      });
    },
    staff: (project) => [...(staff.get(project)?.values() ?? [])].filter(({ role }) => rankOf(role) > 0),
    rules: (project, room) => rules.get(`${project}/${room}`) ?? DEFAULT_RULES,
    sanctionsFull,
    get version() {
      return version ?? -1;
    },
    refresh,
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(sweepTimer);
      clearInterval(clockTimer);
    },
  };
}

function emptyState() {
  return {
    /** By project, then by `kind user`. */
    sanctions: new Map<string, Map<string, Sanction>>(),
    staff: new Map<string, Map<string, StaffRow>>(),
    /** By `project/room`. */
    rules: new Map<string, RoomRules>(),
  };
}

function setNested<Row>(rows: Map<string, Map<string, Row>>, project: string, key: string, row: Row): void {
  const known = rows.get(project) ?? new Map<string, Row>();
  rows.set(project, known.set(key, row));
}
