/** Decides who counts as being in a room, each person once however many tabs they have open, and when everybody is told. */

import type { Person } from '@chatty/protocol/events';
import { firstThatFit } from './page-size.js';

export type Presence = {
  /** People in the room. */
  readonly count: number;
  enter(person: Person): void;
  leave(userId: string): void;
  /** The first `limit` people in the order in which they came, or as many of them as one answer holds. */
  list(limit: number): Person[];
  /** The count, for one who has just come. */
  tellOne(): number;
  /** The count, where somebody has been told another and the last was long enough ago; else null. */
  tellAll(time: number, members: number): number | null;
};

/** Least time in milliseconds between two counts for everybody, and what each thousand members adds to it. */
const PAUSE = 2_000;
const PAUSE_PER_THOUSAND = 1_000;

export function createPresence(): Presence {
  const people = new Map<string, { person: Person; sockets: number }>();
  /** The count that everybody has been told; null where some have been told another. */
  let told: number | null = 0;
  let toldAt = 0;
  return {
    get count() {
      return people.size;
    },
    enter(person) {
      const known = people.get(person.userId);
      if (known) {
        known.sockets += 1;
        known.person = person;
      } else people.set(person.userId, { person, sockets: 1 });
    },
    leave(userId) {
      const known = people.get(userId);
      if (!known) return;
      known.sockets -= 1;
      if (known.sockets === 0) people.delete(userId);
    },
    list(limit) {
      const listed: Person[] = [];
      for (const { person } of people.values()) {
        if (listed.length === limit) break;
        listed.push(person);
      }
      return firstThatFit(listed);
    },
    tellOne() {
      if (told !== people.size) told = null;
      return people.size;
    },
    tellAll(time, members) {
      const pause = PAUSE + (members / 1_000) * PAUSE_PER_THOUSAND;
      if (told === people.size || time - toldAt < pause) return null;
      told = people.size;
      toldAt = time;
      return told;
    },
  };
}
