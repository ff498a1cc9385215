/** Decides who is in a room and what they get: history once, then every committed message, in seq order, to all. */

import type { ClientEvents, Message, ServerEvents } from '@chatty/protocol/events';
import { HISTORY_SIZE, MAIN_ROOM } from '@chatty/protocol/limits';
import type { Server, Socket } from 'socket.io';
import type { VerifiedMember } from './auth.js';
import type { Log } from './log.js';
import type { ProjectId, Store } from './store/store.js';
import { createTail, type Tail } from './tail.js';

export type SocketData = { member: VerifiedMember };
type Nothing = Record<string, never>;
export type ChatServer = Server<ClientEvents, ServerEvents, Nothing, SocketData>;
export type ChatSocket = Socket<ClientEvents, ServerEvents, Nothing, SocketData>;

export type Rooms = {
  /** Puts the socket into its member's project's room: `session` and `history` follow as soon as the room can be read. */
  join(socket: ChatSocket): void;
  /** Delivers a committed message to everyone in its room on this node. */
  publish(project: ProjectId, room: string, message: Message): void;
};

/** A room somebody is in. Without a tail it is being read: joiners wait, and what is published meanwhile is kept. */
type Room = {
  project: ProjectId;
  id: string;
  /** The Socket.IO room; made here and nowhere else. */
  name: string;
  members: number;
  tail: Tail | null;
  waiting: Set<ChatSocket>;
  early: Message[];
  reading: boolean;
};

/** Pauses between tries to read a room while the database is away, in milliseconds. */
const FIRST_PAUSE = 250;
const LAST_PAUSE = 4_000;
/** Messages read at once to fill a hole. */
const FILL_SIZE = 500;

export function createRooms(options: { io: ChatServer; store: Store; log: Log }): Rooms {
  const { io, store, log } = options;
  const rooms = new Map<string, Room>();

  function open(project: ProjectId, id: string): Room {
    const name = `${project}/${id}`;
    const known = rooms.get(name);
    if (known) return known;
    const room: Room = {
      project,
      id,
      name,
      members: 0,
      tail: null,
      waiting: new Set(),
      early: [],
      reading: false,
    };
    rooms.set(name, room);
    void whileReading(room, () => load(room));
    return room;
  }

  function join(socket: ChatSocket): void {
    const room = open(socket.data.member.projectId, MAIN_ROOM);
    room.members += 1;
    socket.once('disconnect', () => leave(room, socket));
    if (room.tail) welcome(room, room.tail, socket);
    else room.waiting.add(socket);
  }

  function leave(room: Room, socket: ChatSocket): void {
    room.members -= 1;
    room.waiting.delete(socket);
    if (room.members === 0 && rooms.get(room.name) === room) rooms.delete(room.name);
  }

  // Nothing can come between the history and the subscription: both happen in one turn of the event loop (R6).
  function welcome(room: Room, tail: Tail, socket: ChatSocket): void {
    const { projectId, userId, username, avatar, role } = socket.data.member;
    socket.emit('session', { projectId, room: room.id, epoch: tail.epoch, userId, username, avatar, role });
    socket.emit('history', tail.newest());
    void socket.join(room.name);
  }

  function publish(project: ProjectId, id: string, message: Message): void {
    const room = rooms.get(`${project}/${id}`);
    if (!room) return;
    if (!room.tail) {
      room.early.push(message);
      return;
    }
    deliver(room, room.tail, message);
    if (room.tail.hasHole()) void whileReading(room, () => fill(room));
  }

  function deliver(room: Room, tail: Tail, message: Message): void {
    for (const next of tail.accept(message)) io.to(room.name).emit('chat message', next);
  }

  async function load(room: Room): Promise<boolean> {
    const page = await store.project(room.project).newest(room.id, HISTORY_SIZE);
    const tail = createTail(page, HISTORY_SIZE);
    room.tail = tail;
    for (const message of room.early.splice(0)) deliver(room, tail, message);
    for (const socket of room.waiting) welcome(room, tail, socket);
    room.waiting.clear();
    return !tail.hasHole();
  }

  /** Reads what another node stored, or what this one stored without learning of it (R7). */
  async function fill(room: Room): Promise<boolean> {
    const { tail } = room;
    if (!tail) return load(room);
    for (const message of await store.project(room.project).changedAfter(room.id, tail.top, FILL_SIZE)) {
      deliver(room, tail, message);
    }
    return !tail.hasHole();
  }

  /** Runs one reader a room, again and again until it says it is done, for as long as somebody is there to read for. */
  async function whileReading(room: Room, read: () => Promise<boolean>): Promise<void> {
    if (room.reading) return;
    room.reading = true;
    let pause = FIRST_PAUSE;
    try {
      while (rooms.get(room.name) === room) {
        try {
          if (await read()) return;
        } catch (error) {
          log.warn(
            { project: room.project, room: room.id, reason: String(error) },
            'a room could not be read',
          );
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(LAST_PAUSE, pause * 2);
      }
    } finally {
      room.reading = false;
    }
  }

  return { join, publish };
}
