/** Who is or was staff of a project, as stored and as the newest tokens say. */

import type { Log } from '../runtime/logger.js';
import type { ModerationRecords, StaffRow } from '../store/moderation-store.js';
import { rankOf } from './ranks.js';

/** What a token says of its owner. `issuedAtMs` null: the token does not say. */
export type TokenStaffClaim = Omit<StaffRow, 'issuedAt'> & { issuedAtMs: number | null };

/** People remembered as staff of one project. */
const MAX_STAFF_PER_PROJECT = 1_000;

/** Staff by project and user id. */
export class StaffTable {
  readonly #rows = new Map<string, Map<string, StaffRow>>();

  get(project: string, userId: string): StaffRow | null {
    return this.#rows.get(project)?.get(userId) ?? null;
  }

  set(row: StaffRow): void {
    const ofProject = this.#rows.get(row.project) ?? new Map<string, StaffRow>();
    this.#rows.set(row.project, ofProject.set(row.userId, row));
  }

  delete(project: string, userId: string): void {
    const ofProject = this.#rows.get(project);
    ofProject?.delete(userId);
    if (ofProject?.size === 0) this.#rows.delete(project);
  }

  of(project: string): StaffRow[] {
    return [...(this.#rows.get(project)?.values() ?? [])];
  }

  countOf(project: string): number {
    return this.#rows.get(project)?.size ?? 0;
  }
}

export class StaffDirectory {
  readonly #records: Pick<ModerationRecords, 'recordStaff'>;
  readonly #log: Log;
  readonly #readStored: () => StaffTable;
  /** Claims of tokens until they are read back: meanwhile nobody may moderate a moderator as if they were a member. */
  readonly #pending = new StaffTable();

  /** @param readStored the rows as last read from the store */
  constructor(records: Pick<ModerationRecords, 'recordStaff'>, log: Log, readStored: () => StaffTable) {
    this.#records = records;
    this.#log = log;
    this.#readStored = readStored;
  }

  /** The newest known row of somebody who is or was staff; null: none. */
  find(project: string, userId: string): StaffRow | null {
    return this.#pending.get(project, userId) ?? this.#readStored().get(project, userId);
  }

  /** The current staff of the project. */
  list(project: string): StaffRow[] {
    return this.#readStored()
      .of(project)
      .filter(({ role }) => rankOf(role) > 0);
  }

  /** Stores what a verified token says, if it makes somebody staff, renames staff, or ends their role. */
  record({ issuedAtMs, ...claim }: TokenStaffClaim): void {
    const { project, userId, username, role } = claim;
    const known = this.find(project, userId);
    if (known ? known.role === role && known.username === username : rankOf(role) <= 0) return;
    const issuedAt = new Date(issuedAtMs ?? 0).toISOString();
    if (known ? known.issuedAt > issuedAt : this.#isFull(project)) return;
    const row = { ...claim, issuedAt };
    this.#pending.set(row);
    this.#records.recordStaff(row).catch((error) => {
      this.removePending(row);
      this.#log.warn({ project, reason: String(error) }, 'failed to store a staff member');
    });
  }

  #isFull(project: string): boolean {
    return this.#readStored().countOf(project) + this.#pending.countOf(project) >= MAX_STAFF_PER_PROJECT;
  }

  /** Keeps the claim of a newer token. */
  removePending({ project, userId, issuedAt }: StaffRow): void {
    const pending = this.#pending.get(project, userId);
    if ((pending?.issuedAt ?? '') <= issuedAt) this.#pending.delete(project, userId);
  }
}
