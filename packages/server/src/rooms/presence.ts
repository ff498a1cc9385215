/** Counts the people in a room, each once however many tabs they have open, and decides when the count is broadcast. */

import type { RoomMember } from '@chatty/protocol';
import { firstThatFit } from './page-size.js';

export type Presence = {
  /** People in the room. */
  readonly count: number;
  join(person: RoomMember): void;
  leave(userId: string): void;
  /** The first `limit` people in order of arrival, or as many as fit into one answer. */
  list(limit: number): RoomMember[];
  /** The count to send to somebody who just joined. */
  countForJoin(): number;
  /** The count to broadcast now; null where all have it already, or the last broadcast was too recent. */
  countToBroadcast(time: number, memberCount: number): number | null;
};

/** Minimum time between two broadcasts, and what each thousand members adds to it. */
const MIN_BROADCAST_INTERVAL_MS = 2_000;
const BROADCAST_INTERVAL_MS_PER_THOUSAND = 1_000;

export function createPresence(): Presence {
  const people = new Map<string, { person: RoomMember; connections: number }>();
  /** The count that everyone has received; null where some have received another. */
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
