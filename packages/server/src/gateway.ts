/** The one door for everything a socket says after its handshake: check, access, limit, run, answer. */

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
} from '@chatty/protocol/check';
import { type Code, type Refusal, refusal } from '@chatty/protocol/codes';
import type { ClientEvents, Standing } from '@chatty/protocol/events';
import type { VerifiedMember } from './auth.js';
import { guard } from './guard.js';
import { forget, type Handshakes } from './handshake.js';
import type { Limit } from './limits.js';
import type { Log } from './log.js';
import type { Messages } from './messages.js';
import type { Outlet } from './outlet.js';
import type { ChatServer, ChatSocket, Rooms } from './rooms.js';
import type { Sessions } from './sessions.js';
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

export function openGateway(options: {
  io: ChatServer;
  handshake: Handshakes;
  rooms: Rooms;
  sessions: Sessions;
  messages: Messages;
  sendLimit: Limit;
  readLimit: Limit;
  log: Log;
}): void {
  const { io, handshake, rooms, sessions, messages, sendLimit, readLimit, log } = options;

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
    'auth refresh': prepare({
      check: checkRefresh,
      access: 'write',
      limit: readLimit,
      run: handshake.refresh,
    }),
  };
  const table = new Map<string, Prepared<Answer>>(Object.entries(commands));

  io.engine.on('connection', guard);
  io.use(handshake.admit);

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

function prepare<Value, Reply>(command: Command<Value, Reply>): Prepared<Reply> {
  return (socket, payload) => {
    const { member, key } = socket.data;
    const checked = command.check(payload);
    if (!checked.ok) return no(checked.code);
    const refused = RIGHTS[member.role][command.access];
    if (refused) return no(refused);
    const wait = command.limit.take(key);
    if (wait > 0) return no('rate_limited', wait);
    return command.run(member, checked.value, socket);
  };
}

function no(code: Code, retryAfter?: number): No {
  return { ok: false, ...refusal(code, retryAfter) };
}
