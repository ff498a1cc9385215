/** One connection in a room: who it is, where it stopped reading, and what it may do. */

import type { Permissions, Person, ReadUpTo } from '@chatty/protocol/events';
import type { Hearer } from './fan-out.js';

export type Member = Hearer & {
  /** Null: a guest. */
  person: Person | null;
  /** Where it stopped reading before it came, if it says so. */
  after: ReadUpTo | null;
  /** What of it does not go without saying. */
  permissions(): Partial<Permissions>;
};
