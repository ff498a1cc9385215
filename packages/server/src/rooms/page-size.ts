/** Decides how many messages or people go into one answer: as many as have a page's bytes when encoded, and at least one. */

import type { Message } from '@chatty/protocol';
import { MAX_PAGE_BYTES } from '@chatty/protocol';

/** More than the names and the numbers of a message take as JSON, in bytes. */
const MESSAGE_OVERHEAD_BYTES = 400;
/** What a UTF-16 unit takes at most in JSON: a control character becomes `\u0001`. */
const MAX_JSON_BYTES_PER_CODE_UNIT = 6;

/** The first of them that fit. @param maxBytes bytes of their JSON in UTF-8 together */
export function firstThatFit<Item>(items: readonly Item[], maxBytes = MAX_PAGE_BYTES): Item[] {
  return items.slice(0, countFitting(items, maxBytes));
}

/** The last of them that fit, in the same order. @param maxBytes bytes of their JSON in UTF-8 together */
export function lastThatFit<Item>(items: readonly Item[], maxBytes = MAX_PAGE_BYTES): Item[] {
  return items.slice(items.length - countFitting([...items].reverse(), maxBytes));
}

/** The same as `firstThatFit`, without encoding anything where the lengths alone say that all of them fit. */
export function firstMessagesThatFit(messages: Message[], maxBytes = MAX_PAGE_BYTES): Message[] {
  return certainlyFit(messages, maxBytes) ? messages : firstThatFit(messages, maxBytes);
}

/** The same as `lastThatFit`, as above. */
export function lastMessagesThatFit(messages: Message[], maxBytes = MAX_PAGE_BYTES): Message[] {
  return certainlyFit(messages, maxBytes) ? messages : lastThatFit(messages, maxBytes);
}

function countFitting(items: readonly unknown[], maxBytes: number): number {
  let bytes = 0;
  // With the comma between two of them.
  const end = items.findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return bytes > maxBytes;
  });
  return end < 0 ? items.length : Math.max(1, end);
}

function certainlyFit(messages: readonly Message[], maxBytes: number): boolean {
  let bytes = 0;
  for (const message of messages) bytes += maxBytesOf(message);
  return bytes <= maxBytes;
}

function maxBytesOf({ content, username, userId, avatar, clientId, reactions }: Message): number {
  const codeUnits =
    content.length + username.length + userId.length + (avatar?.length ?? 0) + (clientId?.length ?? 0);
  const reactionBytes = reactions ? Buffer.byteLength(JSON.stringify(reactions)) : 0;
  return MESSAGE_OVERHEAD_BYTES + codeUnits * MAX_JSON_BYTES_PER_CODE_UNIT + reactionBytes;
}
