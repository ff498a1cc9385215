/** Turns changes of a room log into what its members receive: a frame of latest states, or one event a change. */

import type { Message } from '@chatty/protocol';
import { concatPackets, type EncodedPacket, encodeEvent } from '../connections/packet-encoder.js';
import type { Change } from './room-log.js';

/** Events for members without `batch`: new messages in the order of their ids, then changes of older messages. */
export function encodeAsEvents(changes: readonly Change[]): EncodedPacket {
  const created = changes.filter((change) => change.created).sort((a, b) => a.message.id - b.message.id);
  const changed = changes.filter((change) => !change.created);
  const packets = [
    ...created.map(({ message }) => encodeEvent('chat message', message)),
    ...changed.map(({ message }) =>
      encodeEvent(message.deleted_at === undefined ? 'message updated' : 'message deleted', message),
    ),
  ];
  return concatPackets(packets);
}

/** Each message once, in its latest state, ascending by seq. */
export function latestStates(changes: readonly Change[]): Message[] {
  const byId = new Map<number, Message>();
  for (const { message } of changes) {
    // Deleted first, so that a message changed twice stands where its newest change belongs.
    byId.delete(message.id);
    byId.set(message.id, message);
  }
  return [...byId.values()];
}
