/** The words in which the database speaks of order: who may not take part, who keeps it, by which rules, and who did what. */

import type { Message } from '@chatty/protocol';

export const sanctionKinds = ['mute', 'ban', 'kick'] as const;
export type SanctionKind = (typeof sanctionKinds)[number];

/** Who may set one: the lowest first. */
export const sanctionSetters = ['moderator', 'admin', 'key', 'operator'] as const;
export type SanctionSetter = (typeof sanctionSetters)[number];

/**
 * Moments are ISO 8601 in UTC. `until` null: for good. One that has passed holds no more. `setBy`: what they were then;
 * `setById` is a user id, or the id of a key.
 */
export type SanctionRow = {
  project: string;
  userId: string;
  kind: SanctionKind;
  until: string | null;
  reason: string | null;
  setAt: string;
  setBy: SanctionSetter;
  setById: string;
};
/** As it was read: `remainingMs` milliseconds before its end, by the database's clock; null: for good. */
export type TimedSanction = SanctionRow & { remainingMs: number | null };
export type StaffRow = { project: string; userId: string; username: string; role: string; issuedAt: string };
export type RulesRow = { project: string; room: string; rules: Record<string, unknown> };

/** What has changed, in pages. `whole`: it is all there is, and what is known beside it is gone. */
export type ModerationChanges = {
  version: number;
  isComplete: boolean;
  sanctions: AsyncIterable<TimedSanction[]>;
  staff: AsyncIterable<StaffRow[]>;
  rules: AsyncIterable<RulesRow[]>;
};

/** Who did it. `id` is a user id, or the name of a key. */
export type Actor = { kind: 'member' | 'key' | 'operator'; id: string; name: string };
/** What the log keeps beside actor, act and subject. */
export type AuditDetails = Record<string, unknown>;

export type AuditEntry = {
  id: number;
  at: string;
  actor: Actor;
  act: string;
  subject: string;
  details: AuditDetails;
};

/** Each act and its entry in the log are one transaction. Each throws `Unavailable`. */
export type ModerationRecords = {
  /** What has changed since a version; null as `since`: everything but sanctions that have ended. Null: nothing has. */
  changesSince(since: number | null): Promise<ModerationChanges | null>;
  /**
   * In the place of the one there was; answers when it ends (`until`), or null, and nothing is written, where one holds that
   * none of `overruled` has set. `seconds` null: for good. `evidence`: a message whose present form the log keeps.
   */
  setSanction(
    input: Omit<SanctionRow, 'setAt' | 'setById' | 'until'> & {
      seconds: number | null;
      actor: Actor;
      overruled: readonly SanctionSetter[];
      details: AuditDetails;
      evidence: Evidence | null;
    },
  ): Promise<{ until: string | null } | null>;
  /** Ends those of these kinds that hold, unless one of them was set by somebody who is none of `overruled`. */
  liftSanctions(input: {
    project: string;
    userId: string;
    kinds: readonly SanctionKind[];
    overruled: readonly SanctionSetter[];
    act: string;
    actor: Actor;
  }): Promise<'lifted' | 'none' | 'forbidden'>;
  /** Ends up to `limit` of those that this key has set and that hold. Answers how many. */
  liftSanctionsOfKey(input: { project: string; key: string; actor: Actor; limit: number }): Promise<number>;
  /** Sanctions that hold, by user id, after this one. */
  activeSanctions(project: string, after: string, limit: number): Promise<SanctionRow[]>;
  /** Changes these rules and leaves the others; null takes one back to its default. */
  setRules(input: {
    project: string;
    room: string;
    changes: Record<string, unknown>;
    actor: Actor;
  }): Promise<void>;
  /** What a token said of its bearer; an older token changes nothing. */
  recordStaff(staff: StaffRow): Promise<void>;
  /** Deletes somebody's message; `forbidden` where its author has one of the protected roles, or had when writing. */
  deleteMessage(input: {
    project: string;
    room: string;
    id: number;
    protectedRoles: readonly string[];
    actor: Actor;
    details: AuditDetails;
  }): Promise<{ outcome: 'changed' | 'same'; message: Message } | { outcome: 'not_found' | 'forbidden' }>;
  /** Newest first, before this entry; null: from the newest. */
  listAuditEntries(project: string, before: number | null, limit: number): Promise<AuditEntry[]>;
};

export type Evidence = { room: string; id: number };
