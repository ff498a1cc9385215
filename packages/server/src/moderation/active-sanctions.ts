/** The sanctions that apply now: who is banned, kicked or muted, by whom, and until when. */

import { createRefusal, type Refusal } from '@chatty/protocol';
import type { SlicedTask } from '../runtime/time-slicer.js';
import type { SanctionKind, SanctionRow, TimedSanction } from '../store/moderation-store.js';
import { type Rank, rankOf } from './ranks.js';

/** `rank`: of the user. A sanction only applies to ranks below the one that set it. */
export type SanctionTarget = { project: string; userId: string; rank: Rank };

/** `endsAt` by the monotonic clock, so that a wrong wall clock ends no ban early. Null: permanent. */
type Sanction = Pick<SanctionRow, 'setBy'> & { endsAt: number | null };

const MAX_SANCTIONS_PER_PROJECT = 50_000;
/** Sanctions that keep somebody out, and their refusals. A ban first: it outlasts a kick. */
const EXCLUDING_SANCTIONS = [
  ['ban', 'banned'],
  ['kick', 'kicked'],
] as const;

export class ActiveSanctions {
  readonly #now: () => number;
  /** By project, then by `kind user`. */
  readonly #sanctions = new Map<string, Map<string, Sanction>>();

  /** @param now monotonic clock in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param readAt when the row was read, by the monotonic clock */
  set({ project, kind, userId, setBy, remainingMs }: TimedSanction, readAt: number): void {
    const endsAt = remainingMs === null ? null : readAt + remainingMs;
    const ofProject = this.#sanctions.get(project) ?? new Map<string, Sanction>();
    this.#sanctions.set(project, ofProject.set(`${kind} ${userId}`, { endsAt, setBy }));
  }

  /** Why this user may not enter. Null: no ban or kick. */
  banOf(target: SanctionTarget): Refusal | null {
    for (const [kind, code] of EXCLUDING_SANCTIONS) {
      const active = this.#find(kind, target);
      if (active) return createRefusal(code, active.retryAfter);
    }
    return null;
  }

  /** Why this user may not write. Null: no mute. */
  muteOf(target: SanctionTarget): Refusal | null {
    const active = this.#find('mute', target);
    return active && createRefusal('muted', active.retryAfter);
  }

  /** @returns the remaining time in milliseconds; without one: permanent; null: no such sanction */
  #find(kind: SanctionKind, { project, userId, rank }: SanctionTarget): { retryAfter?: number } | null {
    const found = this.#sanctions.get(project)?.get(`${kind} ${userId}`);
    const time = this.#now();
    if (!found || !isActive(found, time) || rankOf(found.setBy) <= rank) return null;
    return found.endsAt === null ? {} : { retryAfter: Math.ceil(found.endsAt - time) };
  }

  /** Whether the project has so many that another is refused, so that one project cannot exhaust memory. */
  isFull(project: string): boolean {
    const isOverLimit = () => (this.#sanctions.get(project)?.size ?? 0) >= MAX_SANCTIONS_PER_PROJECT;
    if (isOverLimit()) for (const _ of this.removeEnded([project]));
    return isOverLimit();
  }

  /** A sliced task: there may be as many as all projects together have. */
  *removeEnded(projects: Iterable<string> = this.#sanctions.keys()): SlicedTask<void> {
    const time = this.#now();
    for (const project of projects) {
      const ofProject = this.#sanctions.get(project) ?? new Map<string, Sanction>();
      for (const [key, sanction] of ofProject) {
        if (!isActive(sanction, time)) ofProject.delete(key);
        yield;
      }
      if (ofProject.size === 0) this.#sanctions.delete(project);
    }
  }
}

function isActive({ endsAt }: Sanction, time: number): boolean {
  return endsAt === null || time < endsAt;
}
