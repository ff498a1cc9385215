/** Decides who counts as being in a room: each person once, however many tabs they have open. */

import type { Person } from '@chatty/protocol/events';

export type Presence = {
  /** People in the room. */
  readonly count: number;
  enter(person: Person): void;
  leave(userId: string): void;
  /** The first `limit` people, in the order in which they came. */
  list(limit: number): Person[];
};

export function createPresence(): Presence {
  const people = new Map<string, { person: Person; sockets: number }>();
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
      return listed;
    },
  };
}
