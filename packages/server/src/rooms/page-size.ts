/** Decides how many messages or people fit into one answer, by their size as JSON; at least one. */

import type { Message } from '@chatty/protocol';
import { MAX_PAGE_BYTES } from '@chatty/protocol';

/** Upper bound for the property names and numbers of a message as JSON. */
const MESSAGE_OVERHEAD_BYTES = 400;
/** A control character becomes `\u0001`. */
const MAX_JSON_BYTES_PER_CODE_UNIT = 6;

/** The first items that fit. @param maxBytes of their JSON in UTF-8 together */
export function firstThatFit<Item>(items: readonly Item[], maxBytes = MAX_PAGE_BYTES): Item[] {
  return items.slice(0, countFitting(items, maxBytes));
}

/** The last items that fit, in the same order. @param maxBytes of their JSON in UTF-8 together */
function lastThatFit<Item>(items: readonly Item[], maxBytes = MAX_PAGE_BYTES): Item[] {
  return items.slice(items.length - countFitting([...items].reverse(), maxBytes));
}

/** Like `firstThatFit`, but encodes nothing if the text lengths alone show that all fit. */
export function firstMessagesThatFit(messages: Message[], maxBytes = MAX_PAGE_BYTES): Message[] {
  return certainlyFit(messages, maxBytes) ? messages : firstThatFit(messages, maxBytes);
}

/** Like `lastThatFit`, with the same shortcut. */
export function lastMessagesThatFit(messages: Message[], maxBytes = MAX_PAGE_BYTES): Message[] {
  return certainlyFit(messages, maxBytes) ? messages : lastThatFit(messages, maxBytes);
}

function countFitting(items: readonly unknown[], maxBytes: number): number {
  let bytes = 0;
  // Plus one for the comma between two items.
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
