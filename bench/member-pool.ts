/** Many members of one server: lets them in, adds up what they get, times what the readers among them read. */

import { createToken } from '@chatty/token';
import { waitUntil } from './measure.js';
import { type LoadMember, openLoadMember } from './member.js';
import { type BenchServer, TOKEN_SECRET } from './server.js';

export type MemberPool = {
  server: BenchServer;
  members: LoadMember[];
  counters: DeliveryCounters;
  /** Says the text from one of the first ten members, and times it where it is read. */
  sendNext(): void;
  close(): Promise<void>;
};

type DeliveryCounters = {
  joined: number;
  sentCount: number;
  deliveries: number;
  refused: number;
  closed: number;
  /** Milliseconds from saying to reading, in the order they were read. Emptied by whoever takes them. */
  latencies: number[];
};

export type MemberPoolOptions = {
  server: BenchServer;
  memberCount: number;
  /** Asks our server for frames. */
  batch?: boolean;
  /** Rooms the members are spread over; a room is a project of its own, p1, p2 ... */
  roomCount?: number;
  /** The first of them is p1, or this many further on. */
  roomOffset?: number;
  /** One in this many reads packets whole and times them. */
  readerInterval?: number;
  /** Characters of a message. */
  messageLength?: number;
};

const SENDER_COUNT = 10;
/** Handshakes under way at once. */
const MAX_CONCURRENT_HANDSHAKES = 200;
const JOIN_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 10_000;
/** Times of what was said are kept in a ring of this size. */
const SEND_TIME_RING_SIZE = 65_536;

/** @throws where not everybody got in */
export async function openMemberPool(options: MemberPoolOptions): Promise<MemberPool> {
  const { server, memberCount: count, readerInterval: readers = 50, messageLength: size = 60 } = options;
  const members: LoadMember[] = [];
  const tally: DeliveryCounters = {
    joined: 0,
    sentCount: 0,
    deliveries: 0,
    refused: 0,
    closed: 0,
    latencies: [],
  };
  const times = new Float64Array(SEND_TIME_RING_SIZE);
  const filler = ' the price of everything went up again, who would have thought'.repeat(1 + size / 60);
  let refusal = '';
  const sink = {
    joined: () => {
      tally.joined += 1;
    },
    messagesDelivered: (messages: number) => {
      tally.deliveries += messages;
    },
    textsRead: (contents: string[]) => {
      const now = performance.now();
      for (const content of contents)
        tally.latencies.push(now - (times[Number.parseInt(content, 10) % SEND_TIME_RING_SIZE] ?? 0));
    },
    refused: (packet: string) => {
      tally.refused += 1;
      refusal = packet;
    },
    closed: () => {
      tally.closed += 1;
    },
  };
  const tokens = Array.from({ length: count }, (_, index) => createAuth(options, index));
  for (const [index, auth] of tokens.entries()) {
    members.push(
      openLoadMember({ port: server.port, auth, readWholePackets: index % readers === 0, listener: sink }),
    );
    const going = await waitUntil(
      JOIN_TIMEOUT_MS,
      () => members.length - tally.joined - tally.closed < MAX_CONCURRENT_HANDSHAKES,
    );
    if (!going || tally.closed > 0) break;
  }
  const all = await waitUntil(JOIN_TIMEOUT_MS, () => tally.joined + tally.closed >= members.length);
  if (!all || tally.joined < count)
    throw new Error(
      `${server.kind}: ${tally.joined} of ${count} members joined, ${tally.closed} were closed ${refusal}`,
    );

  return {
    server,
    members,
    counters: tally,
    sendNext: () => {
      times[tally.sentCount % SEND_TIME_RING_SIZE] = performance.now();
      members[tally.sentCount % Math.min(SENDER_COUNT, count)]?.send(
        `${tally.sentCount}${filler}`.slice(0, size),
      );
      tally.sentCount += 1;
    },
    close: async () => {
      for (const member of members) member.close();
      await waitUntil(CLOSE_TIMEOUT_MS, () => tally.closed >= count);
    },
  };
}

/** What member `index` shows at the door; null for the server without a door. */
export function createAuth(
  { server, batch = false, roomCount: rooms = 1, roomOffset: offset = 0 }: MemberPoolOptions,
  index: number,
): object | null {
  if (server.kind === 'bare') return null;
  const token = createToken({
    secret: TOKEN_SECRET,
    projectId: `p${(index % rooms) + 1 + offset}`,
    username: `member ${index}`,
    userId: `u${index}`,
  });
  return batch && server.kind === 'ours' ? { token, batch } : { token };
}
