/** Decides which rooms are open on this node, and puts every socket into the room it asked for. */

import type {
  HistoryAnswer,
  MembersAnswer,
  Message,
  Permissions,
  Position,
  SyncAnswer,
  TypingAnswer,
} from '@chatty/protocol/events';
import { TYPING_PAUSE } from '@chatty/protocol/sizes';
import type { VerifiedMember } from '../auth/auth.js';
import type { ChatSocket } from '../connections/client-socket.js';
import { createOutlet, type Outlet } from '../connections/send-queue.js';
import { createLimit } from '../limits/token-bucket.js';
import type { Conduct } from '../messages/permissions.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import { createSlices } from '../runtime/time-slicer.js';
import type { ProjectId, Store } from '../store/store.js';
import { createPace } from './broadcast-pacing.js';
import { roomsToClose } from './idle-rooms.js';
import { createRoom, type Room } from './room.js';
import type { Member } from './subscriber.js';

export type Rooms = {
  /** Puts the socket into the room that it was let into: `session` and what it has to know follow. Returns its way out. */
  join(socket: ChatSocket): Outlet;
  /** Delivers a committed change to everyone in its room on this node. */
  publish(project: ProjectId, room: string, message: Message): void;
  /** Answer the commands of a member about their room. Throw `Unavailable`. */
  sync(member: VerifiedMember, after: Position): Promise<SyncAnswer>;
  history(member: VerifiedMember, before: number, limit: number): Promise<HistoryAnswer>;
  members(member: VerifiedMember, limit: number): Promise<MembersAnswer>;
  /** What comes sooner after the last than the protocol has it is answered as well, and not told. */
  typing(member: VerifiedMember): Promise<TypingAnswer>;
  /** Finds out where the rooms stand, and reads what is missing. Throws `Unavailable`. */
  catchUp(): Promise<void>;
  close(): void;
};

const TICK = 1_000;
/** How often the database is asked where the rooms stand, in milliseconds (R8). */
const POLL = 10_000;
/** How much closer to each other, in milliseconds, the network may bring two signs of typing. */
const TYPING_JITTER = 500;

export function createRooms(options: {
  store: Store;
  conduct: Conduct;
  log: Log;
  now?: () => number;
}): Rooms {
  const { store, conduct, log, now = monotonicTime } = options;
  const rooms = new Map<string, Room>();
  const pace = createPace();
  const pages = createSlices();
  const typingLimit = createLimit({ burst: 1, perSecond: 1_000 / (TYPING_PAUSE - TYPING_JITTER), now });

  function open(project: ProjectId, id: string): Room {
    const key = `${project}/${id}`;
    const known = rooms.get(key);
    if (known) return known;
    const room = createRoom({ project, id, store, log, pace, now });
    rooms.set(key, room);
    return room;
  }

  function join(socket: ChatSocket): Outlet {
    const { member, batch, after } = socket.data;
    const { projectId, userId, username, avatar } = member;
    const role = conduct.roleOf(member);
    const room = open(projectId, member.room);
    const outlet = createOutlet(socket.conn, (reason, bytes) =>
      log.info({ project: projectId, reason, bytes }, 'a connection that does not read was closed'),
    );
    const joined: Member = {
      outlet,
      person: role === 'guest' ? null : { userId, username, avatar, role },
      permissions: () => unusual(conduct.permissions(socket.data.member)),
      batch,
      after,
    };
    socket.once('disconnect', () => room.leave(joined));
    // Whoever is gone already would stay for ever.
    if (socket.connected) room.join(joined);
    return outlet;
  }

  /** One page in a turn of the event loop, the projects by turns: a crowd that asks at once delays itself, and no message. */
  const inTurn = <Page>({ projectId }: VerifiedMember, read: () => Page): Promise<Page> =>
    pages.run(
      { project: projectId, lane: 'pages' },
      // biome-ignore lint/correctness/useYield: a page is one piece of work
      (function* () {
        return read();
      })(),
    );

  const roomOf = ({ projectId, room }: VerifiedMember) => open(projectId, room);

  function tick(): void {
    const time = now();
    pace.look();
    for (const room of rooms.values()) room.tick(time);
    for (const [key, room] of roomsToClose(rooms, time)) {
      room.close();
      rooms.delete(key);
    }
  }

  /** Finds the message that this node stored without learning of it, and what another node stored. */
  async function poll(): Promise<void> {
    const followed = [...rooms.values()].filter(({ emptySince }) => emptySince === null);
    if (followed.length === 0) return;
    const asked = followed.map((room) => ({ room, since: room.position }));
    const heads = await store.heads(followed.map(({ project, id }) => ({ project, room: id })));
    const found = new Map(
      heads.map(({ project, room, epoch, top }) => [`${project}/${room}`, { epoch, seq: top }]),
    );
    for (const { room, since } of asked) room.notice(found.get(`${room.project}/${room.id}`) ?? null, since);
  }

  const ticking = setInterval(tick, TICK);
  const polling = setInterval(() => {
    poll().catch((error) => log.debug({ reason: String(error) }, 'the heads of the rooms could not be read'));
  }, POLL);

  return {
    join,
    publish: (project, id, message) => rooms.get(`${project}/${id}`)?.publish(message),
    sync: async (member, after) => ({
      ok: true,
      ...(await inTurn(member, () => roomOf(member).sync(after))),
    }),
    history: async (member, before, limit) => {
      const page = await inTurn(member, () => roomOf(member).before(before, limit));
      return { ok: true, ...(await page) };
    },
    members: (member, limit) =>
      inTurn(member, () => {
        const { presence } = roomOf(member);
        return { ok: true, count: presence.count, members: presence.list(limit) };
      }),
    async typing(member) {
      const { projectId, room, userId, username } = member;
      if (typingLimit.take(`${projectId}/${room}/${userId}`) === 0)
        roomOf(member).typing({ userId, username });
      return { ok: true };
    },
    catchUp: poll,
    close() {
      clearInterval(ticking);
      clearInterval(polling);
      for (const room of rooms.values()) room.close();
      rooms.clear();
    },
  };
}

function unusual({ write, slowMode }: Permissions): Partial<Permissions> {
  return { ...(write && { write }), ...(slowMode > 0 && { slowMode }) };
}
