/** Decides what holds at this moment, for all servers alike: who is banned or muted, who is staff, which rules each room has. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import { monotonicTime, wallTime } from '../runtime/clocks.js';
import { createCoalesced } from '../runtime/coalesce.js';
import type { Log } from '../runtime/logger.js';
import { ALL_PROJECTS, createSlices, type Slices, type Work } from '../runtime/time-slicer.js';
import type { OrderRecords, SanctionKind, SanctionRow, StaffRow } from '../store/moderation-store.js';
import { type Rank, rankOf } from './ranks.js';
import { type RoomRules, rulesOf } from './room-rules.js';

export type Bearer = {
  projectId: string;
  userId: string;
  username: string;
  role: string;
  pass: { issuedAt: number | null };
};

export type Order = {
  /** Why this user may not be here at all; null: may. What somebody set binds those below them: `rank` is the user's. */
  exclusion(project: string, userId: string, rank: Rank): Refusal | null;
  /** Why this user may read but not write; null: may. */
  mute(project: string, userId: string, rank: Rank): Refusal | null;
  /** What was last seen of somebody who is or was staff; null: nothing. */
  staffOf(project: string, userId: string): StaffRow | null;
  /** Everybody of the project's staff. */
  staff(project: string): readonly StaffRow[];
  /** A token said this of its bearer. */
  see(bearer: Bearer): void;
  rules(project: string, room: string): RoomRules;
  /** Whether this many are sanctioned already that another has to wait: one project cannot fill the memory of all. */
  isFull(project: string): boolean;
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
const SANCTIONS = 50_000;
const STAFF = 1_000;
/** How often sanctions that have ended are let go of, in milliseconds. */
const SWEEP = 60_000;
/** How often the two clocks are compared, and how far they may part in between, in milliseconds. */
const CLOCK_CHECK_MS = 1_000;
const CLOCK_JUMP_MS = 1_000;

const DEFAULT_RULES = rulesOf({});
/** What keeps somebody out, and how that is refused: a ban first, which outlasts a kick. */
const EXCLUSIONS = [
  ['ban', 'banned'],
  ['kick', 'kicked'],
] as const;

export async function createOrder(options: {
  records: OrderRecords;
  log: Log;
  slices?: Slices;
  now?: () => number;
  date?: () => number;
}): Promise<Order> {
  const { records, log, slices = createSlices(), now = monotonicTime, date = wallTime } = options;
  let { sanctions, staff, rules } = nothing();
  /** What tokens said that came here, until it is read back: nobody is acted on in between as if they were a member. */
  const seen = new Map<string, Map<string, StaffRow>>();
  const listeners: ((projects?: ReadonlySet<string>) => void)[] = [];
  let version: number | null = null;
  /** The machine was suspended, and the monotonic clock with it (or its clock was set): what is left has to be read again. */
  let mistimed = false;
  let apart = date() - now();

  const holds = ({ endsAt }: Sanction, time: number) => endsAt === null || time < endsAt;

  /** What is left of it in milliseconds; undefined: it is for good; null: there is none. */
  function left(
    kind: SanctionKind,
    { project, userId, rank }: { project: string; userId: string; rank: Rank },
  ): { retryAfter?: number } | null {
    const found = sanctions.get(project)?.get(`${kind} ${userId}`);
    const time = now();
    if (!found || !holds(found, time) || rankOf(found.setBy) <= rank) return null;
    return found.endsAt === null ? {} : { retryAfter: Math.ceil(found.endsAt - time) };
  }

  const staffOf = (project: string, userId: string) =>
    seen.get(project)?.get(userId) ?? staff.get(project)?.get(userId) ?? null;
  const staffCount = (project: string) => (staff.get(project)?.size ?? 0) + (seen.get(project)?.size ?? 0);

  /** Unless a newer token has come since. */
  function forget({ project, userId, issuedAt }: StaffRow): void {
    const rows = seen.get(project);
    if (rows === undefined || (rows.get(userId)?.issuedAt ?? '') > issuedAt) return;
    rows.delete(userId);
    if (rows.size === 0) seen.delete(project);
  }

  async function reload(): Promise<void> {
    const anew = mistimed;
    const changes = await records.changes(anew ? null : version);
    if (changes === null) return;
    const next = changes.whole ? nothing() : { sanctions, staff, rules };
    const projects = new Set<string>();
    for await (const page of changes.sanctions) {
      const time = now();
      for (const { project, kind, userId, setBy, remainingMs } of page) {
        const endsAt = remainingMs === null ? null : time + remainingMs;
        put(next.sanctions, project, `${kind} ${userId}`, { endsAt, setBy });
        projects.add(project);
      }
    }
    for await (const page of changes.staff)
      for (const row of page) {
        put(next.staff, row.project, row.userId, row);
        forget(row);
        projects.add(row.project);
      }
    for await (const page of changes.rules)
      for (const row of page) {
        next.rules.set(`${row.project}/${row.room}`, rulesOf(row.rules));
        projects.add(row.project);
      }
    ({ sanctions, staff, rules } = next);
    if (anew) mistimed = false;
    version = changes.version;
    for (const listener of listeners) listener(changes.whole ? undefined : projects);
  }

  const refresh = createCoalesced(reload);

  /** In slices: there may be as many as all projects together have. */
  function* sweep(projects: Iterable<string>): Work<void> {
    const time = now();
    for (const project of projects) {
      const held = sanctions.get(project) ?? new Map<string, Sanction>();
      for (const [key, row] of held) {
        if (!holds(row, time)) held.delete(key);
        yield;
      }
      if (held.size === 0) sanctions.delete(project);
    }
  }

  function isFull(project: string): boolean {
    const isOver = () => (sanctions.get(project)?.size ?? 0) >= SANCTIONS;
    if (isOver()) for (const _ of sweep([project]));
    return isOver();
  }

  function compareClocks(): void {
    const distance = date() - now();
    if (Math.abs(distance - apart) > CLOCK_JUMP_MS) mistimed = true;
    apart = distance;
    if (mistimed)
      refresh().catch((error) => log.debug({ reason: String(error) }, 'sanctions could not be read again'));
  }

  await refresh();
  let swept = Promise.resolve();
  const sweeping = setInterval(() => {
    swept = swept.then(() =>
      slices.run({ project: ALL_PROJECTS, lane: 'ended sanctions' }, sweep(sanctions.keys())),
    );
  }, SWEEP);
  const comparing = setInterval(compareClocks, CLOCK_CHECK_MS);

  return {
    exclusion(project, userId, rank) {
      for (const [kind, code] of EXCLUSIONS) {
        const held = left(kind, { project, userId, rank });
        if (held) return refusal(code, held.retryAfter);
      }
      return null;
    },
    mute(project, userId, rank) {
      const held = left('mute', { project, userId, rank });
      return held && refusal('muted', held.retryAfter);
    },
    staffOf,
    see({ projectId: project, userId, username, role, pass }) {
      const known = staffOf(project, userId);
      if (known ? known.role === role && known.username === username : rankOf(role) <= 0) return;
      const issuedAt = new Date(pass.issuedAt ?? 0).toISOString();
      if (known ? known.issuedAt > issuedAt : staffCount(project) >= STAFF) return;
      const row = { project, userId, username, role, issuedAt };
      put(seen, project, userId, row);
      records.seen(row).catch((error) => {
        forget(row);
        log.warn({ project, reason: String(error) }, 'who is staff could not be written');
      });
    },
    staff: (project) => [...(staff.get(project)?.values() ?? [])].filter(({ role }) => rankOf(role) > 0),
    rules: (project, room) => rules.get(`${project}/${room}`) ?? DEFAULT_RULES,
    isFull,
    get version() {
      return version ?? -1;
    },
    refresh,
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(sweeping);
      clearInterval(comparing);
    },
  };
}

function nothing() {
  return {
    /** By project, then by `kind user`. */
    sanctions: new Map<string, Map<string, Sanction>>(),
    staff: new Map<string, Map<string, StaffRow>>(),
    /** By `project/room`. */
    rules: new Map<string, RoomRules>(),
  };
}

function put<Row>(rows: Map<string, Map<string, Row>>, project: string, key: string, row: Row): void {
  const known = rows.get(project) ?? new Map<string, Row>();
  rows.set(project, known.set(key, row));
}
