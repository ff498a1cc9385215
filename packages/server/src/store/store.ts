/** What the rest of the server may ask of the database: only ever one project's data, through `store.project(id)`. */

import type { Draft } from '@chatty/protocol/check';
import type { Message } from '@chatty/protocol/events';

declare const verified: unique symbol;
/** A project that a verified token named. Only `auth` makes one, so no path to data can skip the tenant. */
export type ProjectId = string & { readonly [verified]: true };

export type Author = { userId: string; username: string; avatar: string | null };

/** `stored` and `duplicate` carry the message as it stands in the log; the others wrote nothing. */
export type Appended =
  | { outcome: 'stored'; message: Message }
  | { outcome: 'duplicate'; message: Message }
  | { outcome: 'conflict' }
  | { outcome: 'not_found' };

/** The newest end of a room's log as of one moment: no message up to `top` is missing from its page. */
export type RoomPage = { epoch: string; top: number; messages: Message[] };

export type ProjectStore = {
  /** Durable once it resolves. Appends to one room are stored in the order they were asked for. Throws `Unavailable`. */
  append(room: string, author: Author, draft: Draft): Promise<Appended>;
  /** The newest `limit` messages, ascending. Makes the room where it does not exist. Throws `Unavailable`. */
  newest(room: string, limit: number): Promise<RoomPage>;
  /** Messages changed after `seq`, ascending by seq, at most `limit`. Throws `Unavailable`. */
  changedAfter(room: string, seq: number, limit: number): Promise<Message[]>;
};

export type Store = {
  project(id: ProjectId): ProjectStore;
  /** Resolves when the database answers. Throws `Unavailable`. */
  ping(): Promise<void>;
  /** Waits for what is being stored, then lets the connections go. */
  close(): Promise<void>;
};

/** The database did not answer in time; whether a write arrived is unknown. Trying again with the same client id is safe. */
export class Unavailable extends Error {
  override name = 'Unavailable';
}
