/** The one door for everything a socket says: verified at the handshake, then check, access, limit, run, answer. */

import {
  type Checked,
  checkDelete,
  checkEdit,
  checkHistory,
  checkMembers,
  checkReact,
  checkRefresh,
  checkSend,
  checkSync,
  checkTyping,
  isShallow,
  readPosition,
} from '@chatty/protocol/check';
import { type Code, type Refusal, refusal } from '@chatty/protocol/codes';
import {
  AUTHENTICATION_ERROR,
  type ClientEvents,
  type RefreshAnswer,
  type RefreshPayload,
  type Standing,
} from '@chatty/protocol/events';
import type { Auth, VerifiedMember } from './auth.js';
import type { Limit } from './limits.js';
import type { Log } from './log.js';
import type { Messages } from './messages.js';
import { type Engine, hangUp, type Outlet } from './outlet.js';
import type { ChatServer, ChatSocket, Rooms } from './rooms.js';
import { end, type Sessions } from './sessions.js';
import { Unavailable } from './store/store.js';

type No = { ok: false } & Refusal;
type AnswerTo<Name extends keyof ClientEvents> = ClientEvents[Name] extends (
  payload: never,
  ack?: (answer: infer Answer) => void,
) => void
  ? Answer
  : never;
/** What a command needs before it may run. The table below does not compile while an event of the protocol lacks its row. */
type Command<Value, Reply> = {
  check(payload: unknown): Checked<Value>;
  access: Right;
  limit: Limit;
  run(member: VerifiedMember, value: Value, socket: ChatSocket): Promise<Reply>;
};
type Prepared<Reply> = (socket: ChatSocket, payload: unknown) => Promise<Reply> | No;
type Answer = { ok: true } | No;
type Ack = (answer: Answer) => void;

type Right = 'read' | 'write';
const MEMBER = { read: null, write: null } as const;
/** Why who may not do what; null: may. */
const RIGHTS: { readonly [Who in Standing]: { readonly [What in Right]: Code | null } } = {
  guest: { read: null, write: 'login_required' },
  member: MEMBER,
  moderator: MEMBER,
  admin: MEMBER,
};

/** One for all members. */
const NOTHING = Object.freeze({});
/** Namespaces somebody may ask for in vain on one connection; there is only the main one. */
const WRONG_NAMESPACES = 3;

export function openGateway(options: {
  io: ChatServer;
  auth: Auth;
  rooms: Rooms;
  sessions: Sessions;
  messages: Messages;
  sendLimit: Limit;
  readLimit: Limit;
  log: Log;
}): void {
  const { io, auth, rooms, sessions, messages, sendLimit, readLimit, log } = options;

  const commands: { [Name in keyof ClientEvents]: Prepared<AnswerTo<Name>> } = {
    'chat message': prepare({ check: checkSend, access: 'write', limit: sendLimit, run: messages.send }),
    'edit message': prepare({ check: checkEdit, access: 'write', limit: sendLimit, run: messages.edit }),
    'delete message': prepare({
      check: checkDelete,
      access: 'write',
      limit: sendLimit,
      run: messages.remove,
    }),
    react: prepare({ check: checkReact, access: 'write', limit: sendLimit, run: messages.react }),
    history: prepare({
      check: checkHistory,
      access: 'read',
      limit: readLimit,
      run: (member, { before, limit }) => rooms.history(member, before, limit),
    }),
    sync: prepare({
      check: checkSync,
      access: 'read',
      limit: readLimit,
      run: (member, { after }) => rooms.sync(member, after),
    }),
    members: prepare({
      check: checkMembers,
      access: 'read',
      limit: readLimit,
      run: (member, { limit }) => rooms.members(member, limit),
    }),
    typing: prepare({ check: checkTyping, access: 'write', limit: readLimit, run: rooms.typing }),
    'auth refresh': prepare({ check: checkRefresh, access: 'write', limit: readLimit, run: refresh }),
  };
  const table = new Map<string, Prepared<Answer>>(Object.entries(commands));

  io.engine.on('connection', guard);
  io.use((socket, next) => {
    verify(socket).then(next, (error) => {
      log.error({ reason: String(error) }, 'a handshake failed');
      next(refused('unavailable', 'Service unavailable'));
    });
  });

  io.on('connection', (socket) => {
    // A packet named "error" reaches this listener; without one it would end the process.
    socket.on('error', (error) => log.debug({ reason: String(error) }, 'a socket reported an error'));
    socket.onAny((event: unknown, ...values: unknown[]) => {
      void answer(socket, event, values);
    });
    forget(socket);
    answerThrough(socket, rooms.join(socket));
    sessions.add(socket);
  });

  async function verify(socket: ChatSocket): Promise<Error | undefined> {
    const { token, projectId, batch, after } = (socket.handshake.auth ?? {}) as Record<string, unknown>;
    const { origin } = socket.handshake.headers;
    const verdict = await auth.verify({ token, project: projectId, origin });
    if (!verdict.ok) {
      log.info({ code: verdict.code, reason: verdict.reason, origin }, 'a token was refused');
      return refused(verdict.code, AUTHENTICATION_ERROR);
    }
    const { member } = verdict;
    // Guests are nobody, so each connection has its own share. A project id holds no space.
    const key = member.role === 'guest' ? `guest ${socket.id}` : `${member.projectId}/${member.userId}`;
    socket.data = { member, key, batch: batch === true, after: readPosition(after) };
    return undefined;
  }

  /** A newer token of the same person, on the same connection; anybody else's ends it. */
  async function refresh(
    member: VerifiedMember,
    { token }: RefreshPayload,
    socket: ChatSocket,
  ): Promise<RefreshAnswer> {
    const verdict = await auth.verify({ token });
    if (!verdict.ok) return no(verdict.code);
    const { projectId, userId, pass } = verdict.member;
    if (projectId !== member.projectId || userId !== member.userId) {
      end(socket, 'token_invalid');
      return no('token_invalid');
    }
    // An older token may not bring back an older name or a shorter life; another may have come while this was checked.
    const newest = socket.data.member.pass.issuedAt ?? 0;
    if ((pass.issuedAt ?? 0) >= newest) socket.data.member = verdict.member;
    const { expiresAt } = socket.data.member.pass;
    return { ok: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
  }

  async function answer(socket: ChatSocket, event: unknown, values: unknown[]): Promise<void> {
    const ack = typeof values.at(-1) === 'function' ? (values.pop() as Ack) : null;
    const command = typeof event === 'string' ? table.get(event) : undefined;
    let reply: Answer = no('invalid');
    try {
      if (command && values.length === 1 && isShallow(values)) reply = await command(socket, values[0]);
    } catch (error) {
      if (!(error instanceof Unavailable)) log.error({ err: error, event }, 'a command failed');
      reply = no('unavailable');
    }
    if (ack) ack(reply);
    else if (!reply.ok && command) {
      const { ok: _, ...reason } = reply;
      socket.emit('refused', { event: event as string, ...reason });
    }
  }
}

/**
 * Socket.IO asks this method of its own for the function that answers an event, and writes each answer by itself; ours
 * go together. A version that no longer asks answers its own way.
 */
function answerThrough(socket: ChatSocket, outlet: Outlet): void {
  const ack = (id: number) => (answer: Answer) => outlet.answer(id, answer);
  Object.assign(socket, { ack });
}

/** The token and the request have served; kept for thousands of members they would cost, and a token could leak. */
function forget({ handshake, conn }: ChatSocket): void {
  Object.assign(handshake, { auth: NOTHING, headers: NOTHING, query: NOTHING });
  Object.assign(conn, { request: null });
}

/** Closes a connection that speaks what nobody needs: binary packets, and namespaces that are not there. */
function guard(
  engine: Engine & {
    on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  },
): void {
  let wrong = 0;
  engine.on('packet', ({ type, data }) => {
    if (type !== 'message') return;
    // Socket.IO protocol 5: 0 is CONNECT, followed by a namespace where it is not the main one; 5 and 6 are binary.
    if (typeof data !== 'string' || data.startsWith('5') || data.startsWith('6')) hangUp(engine);
    else if (data.startsWith('0/') && ++wrong > WRONG_NAMESPACES) hangUp(engine);
  });
}

function prepare<Value, Reply>(command: Command<Value, Reply>): Prepared<Reply> {
  return (socket, payload) => {
    const { member, key } = socket.data;
    const checked = command.check(payload);
    if (!checked.ok) return no(checked.code);
    const refused = RIGHTS[member.role][command.access];
    if (refused) return no(refused);
    if (!command.limit.take(key)) return no('rate_limited');
    return command.run(member, checked.value, socket);
  };
}

function no(code: Code): No {
  return { ok: false, ...refusal(code) };
}

/** An error as Socket.IO sends it: `connect_error` with this message and `data`. */
function refused(code: Code, message: string): Error {
  return Object.assign(new Error(message), { data: refusal(code) });
}
