/** Decides what a subscriber receives on joining: the session, then the history or the changes it missed, then the head count. */

import type { Session } from '@chatty/protocol';
import { type EncodedPacket, encodeEvent } from '../connections/packet-encoder.js';
import type { RoomLog } from './room-log.js';
import type { Subscriber } from './subscriber.js';
import { frameAfter, newestMessages } from './sync-pages.js';

const GUEST_PERSON = { userId: '', username: '', avatar: null, role: 'guest' } as const;

/** @returns encodes the packets for one subscriber; `peopleCount` is the number of people in the room */
export function createWelcomePackets(projectId: string, room: string) {
  const historyOf = createHistoryCache();

  function sessionOf({ person, permissions }: Subscriber, { epoch }: RoomLog): Session {
    return { projectId, room, epoch, ...(person ?? GUEST_PERSON), ...permissions() };
  }

  function catchUpPackets({ batch, after }: Subscriber, roomLog: RoomLog): EncodedPacket[] {
    const { epoch, head } = roomLog;
    const resumePosition = batch && after !== null && after.epoch === epoch ? after : null;
    // Only this client starts over: a claim of one client is no reason to reset the others.
    if (resumePosition?.last && roomLog.contradicts(resumePosition.last))
      return [encodeEvent('history', newestMessages(roomLog), { epoch, seq: head, anew: true })];
    const page = resumePosition && frameAfter(roomLog, resumePosition.seq);
    if (page === null) return [historyOf(roomLog)];
    const missed = encodeEvent('messages', page);
    // The head goes first, so that the client knows that this frame is not all.
    return page.seq < head ? [encodeEvent('head', { epoch, seq: head }), missed] : [missed];
  }

  return (subscriber: Subscriber, roomLog: RoomLog, peopleCount: number): EncodedPacket[] => [
    encodeEvent('session', sessionOf(subscriber, roomLog)),
    ...catchUpPackets(subscriber, roomLog),
    encodeEvent('presence', { count: peopleCount }),
  ];
}

/** The history is encoded once for everyone who joins at the same position. */
function createHistoryCache(): (roomLog: RoomLog) => EncodedPacket {
  let cached: { roomLog: RoomLog; seq: number; packet: EncodedPacket } | null = null;
  return (roomLog) => {
    const { epoch, head: seq } = roomLog;
    if (cached?.roomLog !== roomLog || cached.seq !== seq) {
      const packet = encodeEvent('history', newestMessages(roomLog), { epoch, seq });
      cached = { roomLog, seq, packet };
    }
    return cached.packet;
  };
}
