/** Many members of one server: lets them in, adds up what they get, times what the readers among them read. */

import { createToken } from '@chatty/token/create-token';
import { within } from './measure.js';
import { type Member, openMember } from './member.js';
import { SECRET, type Server } from './server.js';

export type Swarm = {
  server: Server;
  members: Member[];
  tally: Tally;
  /** Says the text from one of the first ten members, and times it where it is read. */
  say(): void;
  close(): Promise<void>;
};

type Tally = {
  joined: number;
  said: number;
  deliveries: number;
  refused: number;
  closed: number;
  /** Milliseconds from saying to reading, in the order they were read. Emptied by whoever takes them. */
  latencies: number[];
};

export type SwarmOptions = {
  server: Server;
  count: number;
  /** Asks our server for frames. */
  batch?: boolean;
  /** Rooms the members are spread over; a room is a project of its own, p1, p2 ... */
  rooms?: number;
  /** The first of them is p1, or this many further on. */
  offset?: number;
  /** One in this many reads packets whole and times them. */
  readers?: number;
  /** Characters of a message. */
  size?: number;
};

const SPEAKERS = 10;
/** Handshakes under way at once. */
const JOINING = 200;
const JOIN_PATIENCE = 30_000;
const CLOSE_PATIENCE = 10_000;
/** Times of what was said are kept in a ring of this size. */
const RING = 65_536;

/** @throws where not everybody got in */
export async function openSwarm(options: SwarmOptions): Promise<Swarm> {
  const { server, count, readers = 50, size = 60 } = options;
  const members: Member[] = [];
  const tally: Tally = { joined: 0, said: 0, deliveries: 0, refused: 0, closed: 0, latencies: [] };
  const times = new Float64Array(RING);
  const filler = ' the price of everything went up again, who would have thought'.repeat(1 + size / 60);
  let refusal = '';
  const sink = {
    joined: () => {
      tally.joined += 1;
    },
    delivered: (messages: number) => {
      tally.deliveries += messages;
    },
    read: (contents: string[]) => {
      const now = performance.now();
      for (const content of contents)
        tally.latencies.push(now - (times[Number.parseInt(content, 10) % RING] ?? 0));
    },
    refused: (packet: string) => {
      tally.refused += 1;
      refusal = packet;
    },
    closed: () => {
      tally.closed += 1;
    },
  };
  const tokens = Array.from({ length: count }, (_, index) => authOf(options, index));
  for (const [index, auth] of tokens.entries()) {
    members.push(openMember({ port: server.port, auth, whole: index % readers === 0, sink }));
    const going = await within(JOIN_PATIENCE, () => members.length - tally.joined - tally.closed < JOINING);
    if (!going || tally.closed > 0) break;
  }
  const all = await within(JOIN_PATIENCE, () => tally.joined + tally.closed >= members.length);
  if (!all || tally.joined < count)
    throw new Error(
      `${server.kind}: ${tally.joined} of ${count} members joined, ${tally.closed} were closed ${refusal}`,
    );

  return {
    server,
    members,
    tally,
    say: () => {
      times[tally.said % RING] = performance.now();
      members[tally.said % Math.min(SPEAKERS, count)]?.say(`${tally.said}${filler}`.slice(0, size));
      tally.said += 1;
    },
    close: async () => {
      for (const member of members) member.close();
      await within(CLOSE_PATIENCE, () => tally.closed >= count);
    },
  };
}

/** What member `index` shows at the door; null for the server without a door. */
export function authOf(
  { server, batch = false, rooms = 1, offset = 0 }: SwarmOptions,
  index: number,
): object | null {
  if (server.kind === 'bare') return null;
  const token = createToken({
    secret: SECRET,
    projectId: `p${(index % rooms) + 1 + offset}`,
    username: `member ${index}`,
    userId: `u${index}`,
  });
  return batch && server.kind === 'ours' ? { token, batch } : { token };
}
