/** Decides which rooms are open on this node, and puts every socket into the room it asked for. */

import type {
  HistoryAnswer,
  LogPosition,
  MembersAnswer,
  Message,
  Permissions,
  SyncAnswer,
  TypingAnswer,
} from '@chatty/protocol';
import { TYPING_INTERVAL_MS } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { ChatSocket } from '../connections/client-socket.js';
import { createSendQueue, type SendQueue } from '../connections/send-queue.js';
import { createTokenBuckets } from '../limits/token-bucket.js';
import type { RoomPermissions } from '../messages/permissions.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import { createTimeSlicer } from '../runtime/time-slicer.js';
import type { ProjectId, Store } from '../store/store.js';
import { createBroadcastPacing } from './broadcast-pacing.js';
import { roomsToClose } from './idle-rooms.js';
import { createRoom, type Room } from './room.js';
import type { Subscriber } from './subscriber.js';

export type Rooms = {
  /** Puts the socket into the room that it was let into: `session` and what it has to know follow. Returns its way out. */
  join(socket: ChatSocket): SendQueue;
  /** Delivers a committed change to everyone in its room on this node. */
  publish(project: ProjectId, room: string, message: Message): void;
  /** Answer the commands of a member about their room. Throw `Unavailable`. */
  sync(member: VerifiedMember, after: LogPosition): Promise<SyncAnswer>;
  history(member: VerifiedMember, before: number, limit: number): Promise<HistoryAnswer>;
  members(member: VerifiedMember, limit: number): Promise<MembersAnswer>;
  /** What comes sooner after the last than the protocol has it is answered as well, and not told. */
  typing(member: VerifiedMember): Promise<TypingAnswer>;
  /** Finds out where the rooms stand, and reads what is missing. Throws `Unavailable`. */
  catchUp(): Promise<void>;
  close(): void;
};

const TICK_INTERVAL_MS = 1_000;
/** How often the database is asked where the rooms stand, in milliseconds (R8). */
const HEAD_POLL_INTERVAL_MS = 10_000;
/** How much closer to each other, in milliseconds, the network may bring two signs of typing. */
const TYPING_JITTER_MS = 500;

export function createRooms(options: {
  store: Store;
  permissions: RoomPermissions;
  log: Log;
  now?: () => number;
}): Rooms {
  const { store, permissions, log, now = monotonicTime } = options;
  const rooms = new Map<string, Room>();
  const pace = createBroadcastPacing();
  const pageSlicer = createTimeSlicer();
  const typingLimit = createTokenBuckets({
    burst: 1,
    perSecond: 1_000 / (TYPING_INTERVAL_MS - TYPING_JITTER_MS),
    now,
  });

  function getOrOpen(project: ProjectId, id: string): Room {
    const key = `${project}/${id}`;
    const known = rooms.get(key);
    if (known) return known;
    const room = createRoom({ project, id, store, log, pace, now });
    rooms.set(key, room);
    return room;
  }

  function join(socket: ChatSocket): SendQueue {
    const { member, acceptsBatches: batch, resumeAfter: after } = socket.data;
    const { projectId, userId, username, avatar } = member;
    const role = permissions.effectiveRoleOf(member);
    const room = getOrOpen(projectId, member.room);
    const outlet = createSendQueue(socket.conn, (reason, bytes) =>
      log.info({ project: projectId, reason, bytes }, 'a connection that does not read was closed'),
    );
    const subscriber: Subscriber = {
      outlet,
      person: role === 'guest' ? null : { userId, username, avatar, role },
      permissions: () => omitDefaults(permissions.permissionsOf(socket.data.member)),
      batch,
      after,
    };
    socket.once('disconnect', () => room.leave(subscriber));
    // Whoever is gone already would stay for ever.
    if (socket.connected) room.join(subscriber);
    return outlet;
  }

  /** One page in a turn of the event loop, the projects by turns: a crowd that asks at once delays itself, and no message. */
  const runInTurn = <Page>({ projectId }: VerifiedMember, read: () => Page): Promise<Page> =>
    pageSlicer.run(
      { project: projectId, lane: 'pages' },
      // biome-ignore lint/correctness/useYield: a page is one piece of work
      (function* () {
        return read();
      })(),
    );

  const roomOf = ({ projectId, room }: VerifiedMember) => getOrOpen(projectId, room);

  function tick(): void {
    const time = now();
    pace.sample();
    for (const room of rooms.values()) room.tick(time);
    for (const [key, room] of roomsToClose(rooms, time)) {
      room.close();
      rooms.delete(key);
    }
  }

  /** Finds the message that this node stored without learning of it, and what another node stored. */
  async function pollHeads(): Promise<void> {
    const occupied = [...rooms.values()].filter(({ emptySince }) => emptySince === null);
    if (occupied.length === 0) return;
    const polled = occupied.map((room) => ({ room, since: room.position }));
    const heads = await store.roomHeads(occupied.map(({ project, id }) => ({ project, room: id })));
    const headByRoom = new Map(
      heads.map(({ project, room, epoch, head: top }) => [`${project}/${room}`, { epoch, seq: top }]),
    );
    for (const { room, since } of polled)
      room.onRemoteHead(headByRoom.get(`${room.project}/${room.id}`) ?? null, since);
  }

  const tickTimer = setInterval(tick, TICK_INTERVAL_MS);
  const pollTimer = setInterval(() => {
    pollHeads().catch((error) =>
      log.debug({ reason: String(error) }, 'the heads of the rooms could not be read'),
    );
  }, HEAD_POLL_INTERVAL_MS);

  return {
    join,
    publish: (project, id, message) => rooms.get(`${project}/${id}`)?.publish(message),
    sync: async (member, after) => ({
      ok: true,
      ...(await runInTurn(member, () => roomOf(member).sync(after))),
    }),
    history: async (member, before, limit) => {
      const page = await runInTurn(member, () => roomOf(member).before(before, limit));
      return { ok: true, ...(await page) };
    },
    members: (member, limit) =>
      runInTurn(member, () => {
        const { presence } = roomOf(member);
        return { ok: true, count: presence.count, members: presence.list(limit) };
      }),
    async typing(member) {
      const { projectId, room, userId, username } = member;
      if (typingLimit.take(`${projectId}/${room}/${userId}`) === 0)
        roomOf(member).typing({ userId, username });
      return { ok: true };
    },
    catchUp: pollHeads,
    close() {
      clearInterval(tickTimer);
      clearInterval(pollTimer);
      for (const room of rooms.values()) room.close();
      rooms.clear();
    },
  };
}

function omitDefaults({ write, slowMode }: Permissions): Partial<Permissions> {
  return { ...(write && { write }), ...(slowMode > 0 && { slowMode }) };
}
