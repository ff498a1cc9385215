/** One connection in a room: who it is, where it stopped reading, and what it may do. */

import type { Permissions, ResumePosition, RoomMember } from '@chatty/protocol';
import type { Recipient } from './audience.js';

export type Subscriber = Recipient & {
  /** Null: a guest. */
  person: RoomMember | null;
  /** Where it stopped reading before it came, if it says so. */
  after: ResumePosition | null;
  /** What of it does not go without saying. */
  permissions(): Partial<Permissions>;
};
