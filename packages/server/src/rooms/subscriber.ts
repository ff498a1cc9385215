/** One connection in a room: its member, its position in the log, and its permissions. */

import type { Permissions, ResumePosition, RoomMember } from '@chatty/protocol';
import type { Recipient } from './audience.js';

export type Subscriber = Recipient & {
  /** Null: a guest. */
  person: RoomMember | null;
  /** The position it had before it reconnected, if it sent one. */
  after: ResumePosition | null;
  /** Those that differ from the defaults. */
  permissions(): Partial<Permissions>;
};
