/** Decides who counts as being in a room, each person once however many tabs they have open, and when everybody is told. */

import type { RoomMember } from '@chatty/protocol';
import { firstThatFit } from './page-size.js';

export type Presence = {
  /** People in the room. */
  readonly count: number;
  join(person: RoomMember): void;
  leave(userId: string): void;
  /** The first `limit` people in the order in which they came, or as many of them as one answer holds. */
  list(limit: number): RoomMember[];
  /** The count, for one who has just come. */
  countForJoin(): number;
  /** The count, where somebody has been told another and the last was long enough ago; else null. */
  countToBroadcast(time: number, memberCount: number): number | null;
};

/** Least time in milliseconds between two counts for everybody, and what each thousand members adds to it. */
const MIN_BROADCAST_INTERVAL_MS = 2_000;
const BROADCAST_INTERVAL_MS_PER_THOUSAND = 1_000;

export function createPresence(): Presence {
  const people = new Map<string, { person: RoomMember; connections: number }>();
  /** The count that everybody has been told; null where some have been told another. */
  let lastBroadcast: number | null = 0;
  let lastBroadcastAt = 0;
  return {
    get count() {
      return people.size;
    },
    join(person) {
      const entry = people.get(person.userId);
      if (entry) {
        entry.connections += 1;
        entry.person = person;
      } else people.set(person.userId, { person, connections: 1 });
    },
    leave(userId) {
      const entry = people.get(userId);
      if (!entry) return;
      entry.connections -= 1;
      if (entry.connections === 0) people.delete(userId);
    },
    list(limit) {
      const listed: RoomMember[] = [];
      for (const { person } of people.values()) {
        if (listed.length === limit) break;
        listed.push(person);
      }
      return firstThatFit(listed);
    },
    countForJoin() {
      if (lastBroadcast !== people.size) lastBroadcast = null;
      return people.size;
    },
    countToBroadcast(time, memberCount) {
      const interval = MIN_BROADCAST_INTERVAL_MS + (memberCount / 1_000) * BROADCAST_INTERVAL_MS_PER_THOUSAND;
      if (lastBroadcast === people.size || time - lastBroadcastAt < interval) return null;
      lastBroadcast = people.size;
      lastBroadcastAt = time;
      return lastBroadcast;
    },
  };
}
