/** What the rest of the server may ask of the database: only ever one project's data, through `store.project(id)`. */

import type { Draft, Message, ReactPayload, Refusal, StaffRole } from '@chatty/protocol';
import type { ModerationRecords } from './moderation-store.js';
import type { ProjectRecords } from './project-store.js';

declare const verified: unique symbol;
/** A project that a verified token named. Only `auth` makes one, so no path to data can skip the tenant. */
export type ProjectId = string & { readonly [verified]: true };

/** `role`: where it is above member. */
export type Author = { userId: string; username: string; avatar: string | null; role?: StaffRole | null };

/** `stored` and `duplicate` carry the message as it stands in the log; the others wrote nothing. */
export type AppendResult =
  | { outcome: 'stored'; message: Message }
  | { outcome: 'duplicate'; message: Message }
  | { outcome: 'conflict' }
  | { outcome: 'not_found' };

/** `changed`: the message in its new state. `same`: it stood so already, and no number was taken. */
export type EditResult =
  | { outcome: 'changed' | 'same'; message: Message }
  /** The message is somebody else's. */
  | { outcome: 'forbidden' }
  /** There is no such message, or it has been deleted and cannot be edited. */
  | { outcome: 'not_found' };

/** As `Changed`; `too_many`: the message has as many different emoji as it can have. */
export type ReactResult = Exclude<EditResult, { outcome: 'forbidden' }> | { outcome: 'too_many' };

/**
 * A stretch of a room's log as of one moment: every message changed in (prev, seq], in its latest state, ascending by
 * seq; `top` is the room's newest number at that moment, `seq` less than it where the stretch was cut by its limit.
 */
export type LogPage = { epoch: string; prev: number; seq: number; head: number; messages: Message[] };

/** Numbers of the newest changes of what all servers know alike. */
export type Versions = { projects: number; order: number };

export type RoomHead = { project: ProjectId; room: string; epoch: string; head: number };

/**
 * Why something may not be stored, asked at the moment of storing: what has waited for the database may be of somebody
 * banned meanwhile. `unknown`: it has to wait until that is known; null: it may.
 */
export type AccessCheck = () => Refusal | 'unknown' | null;

/** `access` refused it, and this try wrote nothing; an earlier one may have. */
export type RefusedResult = { outcome: 'refused'; refused: Refusal };

export type ProjectStore = {
  /** Durable once it resolves. Appends to one room are stored in the order they were asked for. Throws `Unavailable`. */
  append(
    room: string,
    author: Author,
    draft: Draft,
    access?: AccessCheck,
  ): Promise<AppendResult | RefusedResult>;
  /** Changes the text of the author's own message, or deletes it (`content` null). Durable once it resolves. Throws `Unavailable`. */
  update(
    room: string,
    userId: string,
    id: number,
    content: string | null,
    access?: AccessCheck,
  ): Promise<EditResult | RefusedResult>;
  /** Puts the person's reaction on a message, or takes it back. Durable once it resolves. Throws `Unavailable`. */
  react(
    room: string,
    userId: string,
    reaction: ReactPayload,
    access?: AccessCheck,
  ): Promise<ReactResult | RefusedResult>;
  /** The last `limit` changes of the room; none where nobody has written in it. Throws `Unavailable`. */
  newestChanges(room: string, limit: number): Promise<LogPage>;
  /** At most `limit` changes after `seq`. Throws `Unavailable`. */
  changesAfter(room: string, seq: number, limit: number): Promise<LogPage>;
  /**
   * At most `limit` messages with an id below `before` (null: the newest), ascending by id. Those above the one whose text
   * exceeds `bytes` of UTF-8 together with theirs, and that one, are enough. Throws `Unavailable`.
   */
  messagesBefore(room: string, before: number | null, limit: number, bytes?: number): Promise<Message[]>;
  /**
   * The message of this author and client id in the room, an answer to the same one; `same`: with the text that the draft
   * has. Throws `Unavailable`.
   */
  findByClientId(
    room: string,
    userId: string,
    draft: Draft & { clientId: string },
  ): Promise<{ message: Message; same: boolean } | null>;
  /** How many messages the user has written in the project, counted up to `most`. Throws `Unavailable`. */
  countMessages(userId: string, limit: number): Promise<number>;
  /** Makes the room's log another one, unless somebody already has: `epoch` is the one it had. Throws `Unavailable`. */
  renewEpoch(room: string, epoch: string): Promise<void>;
};

/** What is known of it without asking the database. */
export type Writability = {
  /** Whether the database refuses what is written. */
  readonly refusesWrites: boolean;
};

export type Store = {
  project(id: ProjectId): ProjectStore;
  /** What the projects are, not what is in them. */
  readonly projects: ProjectRecords;
  readonly moderation: ModerationRecords;
  /** By one query, for whoever looks often. Throws `Unavailable`. */
  versions(): Promise<Versions>;
  /**
   * The newest positions of those of these rooms in which somebody has written, in one query; positions only, no data.
   * Throws `Unavailable`.
   */
  roomHeads(rooms: readonly { project: ProjectId; room: string }[]): Promise<RoomHead[]>;
  readonly writability: Writability;
  /** Waits for what is being stored, then lets the connections go. */
  close(): Promise<void>;
};
