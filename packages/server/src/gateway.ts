/** The one door for everything a socket says: verified at the handshake, then check, access, limit, run, answer. */

import { type Checked, checkSend, isShallow } from '@chatty/protocol/check';
import { type Code, refusal } from '@chatty/protocol/codes';
import { AUTHENTICATION_ERROR, type ClientEvents, type SendAnswer } from '@chatty/protocol/events';
import type { Auth, VerifiedMember } from './auth.js';
import type { Limit } from './limits.js';
import type { Log } from './log.js';
import type { Messages } from './messages.js';
import type { ChatServer, ChatSocket, Rooms } from './rooms.js';

/** What a command needs before it may run. The table below does not compile while an event of the protocol lacks its row. */
type Command<Value> = {
  check(payload: unknown): Checked<Value>;
  access(member: VerifiedMember): boolean;
  limit: Limit;
  run(member: VerifiedMember, value: Value): Promise<SendAnswer>;
};
type Prepared = (member: VerifiedMember, payload: unknown) => Promise<SendAnswer>;
type Ack = (answer: SendAnswer) => void;

export function openGateway(options: {
  io: ChatServer;
  auth: Auth;
  rooms: Rooms;
  messages: Messages;
  sendLimit: Limit;
  log: Log;
}): void {
  const { io, auth, rooms, messages, sendLimit, log } = options;

  const commands: { [Name in keyof ClientEvents]: Prepared } = {
    'chat message': prepare({
      check: checkSend,
      // Everyone with a token is at least a member, and members may write.
      access: () => true,
      limit: sendLimit,
      run: messages.send,
    }),
  };
  const table = new Map<string, Prepared>(Object.entries(commands));

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
    rooms.join(socket);
  });

  async function verify(socket: ChatSocket): Promise<Error | undefined> {
    const verdict = await auth.verify(socket.handshake.auth?.token);
    if (!verdict.ok) {
      log.info(
        { code: verdict.code, reason: verdict.reason, origin: socket.handshake.headers.origin },
        'a token was refused',
      );
      return refused(verdict.code, AUTHENTICATION_ERROR);
    }
    socket.data.member = verdict.member;
    return undefined;
  }

  async function answer(socket: ChatSocket, event: unknown, values: unknown[]): Promise<void> {
    const last = values.at(-1);
    const ack = typeof last === 'function' ? (last as Ack) : null;
    const reply = await outcome(socket.data.member, event, ack ? values.slice(0, -1) : values);
    if (ack) ack(reply);
    else if (!reply.ok && typeof event === 'string' && table.has(event)) {
      const { ok: _, ...reason } = reply;
      socket.emit('refused', { event, ...reason });
    }
  }

  async function outcome(member: VerifiedMember, event: unknown, values: unknown[]): Promise<SendAnswer> {
    try {
      const command = typeof event === 'string' ? table.get(event) : undefined;
      if (!command || values.length !== 1 || !isShallow(values)) return no('invalid');
      return await command(member, values[0]);
    } catch (error) {
      log.error({ err: error, event }, 'a command failed');
      return no('unavailable');
    }
  }
}

function prepare<Value>(command: Command<Value>): Prepared {
  return async (member, payload) => {
    const checked = command.check(payload);
    if (!checked.ok) return no(checked.code);
    if (!command.access(member)) return no('forbidden');
    if (!command.limit.take(`${member.projectId}/${member.userId}`)) return no('rate_limited');
    return command.run(member, checked.value);
  };
}

function no(code: Code): SendAnswer {
  return { ok: false, ...refusal(code) };
}

/** An error as Socket.IO sends it: `connect_error` with this message and `data`. */
function refused(code: Code, message: string): Error {
  return Object.assign(new Error(message), { data: refusal(code) });
}
