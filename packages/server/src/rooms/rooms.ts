/** Decides which rooms are open on this server, adds connections to them, and answers commands about them. */

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
import { Room } from './room.js';
import type { Subscriber } from './subscriber.js';

export type Rooms = {
  /** Adds the connection to its room; `session` and the history follow. Returns its send queue. */
  join(socket: ChatSocket): SendQueue;
  /** Delivers a committed change to everyone in the room on this server. */
  publish(project: ProjectId, room: string, message: Message): void;
  /** Answer commands of a member about their room. Throw `UnavailableError`. */
  sync(member: VerifiedMember, after: LogPosition): Promise<SyncAnswer>;
  history(member: VerifiedMember, before: number, limit: number): Promise<HistoryAnswer>;
  members(member: VerifiedMember, limit: number): Promise<MembersAnswer>;
  /** Signs of typing that come more often than the protocol allows are answered, but not passed on. */
  typing(member: VerifiedMember): Promise<TypingAnswer>;
  /** Compares the rooms with the store and reads what is missing. Throws `UnavailableError`. */
  catchUp(): Promise<void>;
  close(): void;
};

const TICK_INTERVAL_MS = 1_000;
/** How often the heads of the rooms are read from the database (R8). */
const HEAD_POLL_INTERVAL_MS = 10_000;
/** By how much the network may shorten the time between two signs of typing. */
const TYPING_JITTER_MS = 500;

export function createRooms(options: {
  store: Store;
  permissions: RoomPermissions;
  log: Log;
  now?: () => number;
}): Rooms {
  const { store, permissions, log, now = monotonicTime } = options;
  const openRooms = createOpenRooms(options);
  const { roomOf } = openRooms;
  const runInTurn = createTurnQueue();
  const typingLimit = createTokenBuckets({
    burst: 1,
    perSecond: 1_000 / (TYPING_INTERVAL_MS - TYPING_JITTER_MS),
    now,
  });
  const catchUp = () => compareHeads(store, openRooms.occupied());

  const tickTimer = setInterval(openRooms.tick, TICK_INTERVAL_MS);
  const pollTimer = setInterval(() => {
    catchUp().catch((error) => log.debug({ reason: String(error) }, 'failed to read the heads of the rooms'));
  }, HEAD_POLL_INTERVAL_MS);

  return {
    join(socket) {
      const room = roomOf(socket.data.member);
      const subscriber = createSubscriber(socket, permissions, log);
      socket.once('disconnect', () => room.leave(subscriber));
      // A connection that has ended already would never leave.
      if (socket.connected) room.join(subscriber);
      return subscriber.outlet;
    },
    publish: (project, id, message) => openRooms.find(project, id)?.publish(message),
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
    catchUp,
    close() {
      clearInterval(tickTimer);
      clearInterval(pollTimer);
      openRooms.close();
    },
  };
}

/** The rooms that are open on this server: opened on first use, closed when idle. */
function createOpenRooms(options: { store: Store; log: Log; now?: () => number }) {
  const { store, log, now = monotonicTime } = options;
  const rooms = new Map<string, Room>();
  const pace = createBroadcastPacing();
  const keyOf = (project: ProjectId, id: string) => `${project}/${id}`;

  return {
    find: (project: ProjectId, id: string) => rooms.get(keyOf(project, id)),
    roomOf({ projectId, room: id }: VerifiedMember): Room {
      const key = keyOf(projectId, id);
      const known = rooms.get(key);
      if (known) return known;
      const room = new Room({ project: projectId, id, store, log, pace, now });
      rooms.set(key, room);
      return room;
    },
    occupied: () => [...rooms.values()].filter(({ emptySince }) => emptySince === null),
    tick() {
      const time = now();
      pace.sample();
      for (const room of rooms.values()) room.tick(time);
      for (const [key, room] of roomsToClose(rooms, time)) {
        room.close();
        rooms.delete(key);
      }
    },
    close() {
      for (const room of rooms.values()) room.close();
      rooms.clear();
    },
  };
}

function createSubscriber(socket: ChatSocket, permissions: RoomPermissions, log: Log): Subscriber {
  const { member, acceptsBatches: batch, resumeAfter: after } = socket.data;
  const { projectId, userId, username, avatar } = member;
  const role = permissions.effectiveRoleOf(member);
  return {
    outlet: createSendQueue(socket.conn, (reason, bytes) =>
      log.info({ project: projectId, reason, bytes }, 'closed a connection that does not read'),
    ),
    person: role === 'guest' ? null : { userId, username, avatar, role },
    permissions: () => omitDefaults(permissions.permissionsOf(socket.data.member)),
    batch,
    after,
  };
}

function omitDefaults({ write, slowMode }: Permissions): Partial<Permissions> {
  return { ...(write && { write }), ...(slowMode > 0 && { slowMode }) };
}

/** Reads one page per turn of the event loop, projects taking turns: many requests at once delay each other, and no message. */
function createTurnQueue() {
  const timeSlicer = createTimeSlicer();
  return <Page>({ projectId }: VerifiedMember, read: () => Page): Promise<Page> =>
    timeSlicer.run(
      { project: projectId, lane: 'pages' },
      // biome-ignore lint/correctness/useYield: a page is one piece of work
      (function* () {
        return read();
      })(),
    );
}

/** Finds messages that another server stored, or that this one stored without getting the answer. */
async function compareHeads(store: Store, rooms: readonly Room[]): Promise<void> {
  if (rooms.length === 0) return;
  const asked = rooms.map((room) => ({ room, since: room.position }));
  const heads = await store.roomHeads(rooms.map(({ project, id }) => ({ project, room: id })));
  const headByRoom = new Map(
    heads.map(({ project, room, epoch, head: seq }) => [`${project}/${room}`, { epoch, seq }]),
  );
  for (const { room, since } of asked)
    room.onRemoteHead(headByRoom.get(`${room.project}/${room.id}`) ?? null, since);
}
