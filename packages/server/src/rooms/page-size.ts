/** Decides how many messages or people go into one answer: as many as have a page's bytes when encoded, and at least one. */

import type { Message } from '@chatty/protocol/events';
import { PAGE_BYTES } from '@chatty/protocol/sizes';

/** More than the names and the numbers of a message take as JSON, in bytes. */
const OVERHEAD_BYTES = 400;
/** What a UTF-16 unit takes at most in JSON: a control character becomes `\u0001`. */
const MOST_BYTES_A_UNIT = 6;

/** The first of them that fit. @param most bytes of their JSON in UTF-8 together */
export function firstThatFit<Item>(items: readonly Item[], most = PAGE_BYTES): Item[] {
  return items.slice(0, countFitting(items, most));
}

/** The last of them that fit, in the same order. @param most bytes of their JSON in UTF-8 together */
export function lastThatFit<Item>(items: readonly Item[], most = PAGE_BYTES): Item[] {
  return items.slice(items.length - countFitting([...items].reverse(), most));
}

/** The same as `firstThatFit`, without encoding anything where the lengths alone say that all of them fit. */
export function firstMessagesThatFit(messages: Message[], most = PAGE_BYTES): Message[] {
  return surelyFit(messages, most) ? messages : firstThatFit(messages, most);
}

/** The same as `lastThatFit`, as above. */
export function lastMessagesThatFit(messages: Message[], most = PAGE_BYTES): Message[] {
  return surelyFit(messages, most) ? messages : lastThatFit(messages, most);
}

function countFitting(items: readonly unknown[], most: number): number {
  let bytes = 0;
  // With the comma between two of them.
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > most;
  });
  return end < 0 ? items.length : Math.max(1, end);
}

function surelyFit(messages: readonly Message[], most: number): boolean {
  let bytes = 0;
  for (const message of messages) bytes += mostBytesOf(message);
  return bytes <= most;
}

function mostBytesOf({ content, username, userId, avatar, clientId, reactions }: Message): number {
  const units =
    content.length + username.length + userId.length + (avatar?.length ?? 0) + (clientId?.length ?? 0);
  const people = reactions ? Buffer.byteLength(JSON.stringify(reactions)) : 0;
  return OVERHEAD_BYTES + units * MOST_BYTES_A_UNIT + people;
}
