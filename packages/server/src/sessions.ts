/** Who is here and for how long: what a handshake decided is looked at again while the connection lives. */

import { type Code, refusal } from '@chatty/protocol/codes';
import type { Auth } from './auth.js';
import type { ChatSocket } from './rooms.js';

export type Sessions = {
  /** From now until it disconnects. */
  add(socket: ChatSocket): void;
  /** Ends those who may no longer stay; to be called when the projects have changed. */
  review(): void;
  close(): void;
};

/** How often the time left is looked at, in milliseconds. */
const LOOK = 1_000;
/** How long before its end a token is said to be expiring, in milliseconds. */
const NOTICE = 60_000;
/** How often everybody is looked at, in milliseconds: a secret may have come to its end without a change of the project. */
const REVIEW = 10_000;

export function createSessions(options: { auth: Auth; now?: () => number }): Sessions {
  const { auth, now = Date.now } = options;
  const sockets = new Set<ChatSocket>();
  /** Whose token has been said to be expiring, by the moment it expires: another token has another. */
  const told = new WeakMap<ChatSocket, number>();

  function look(): void {
    const time = now();
    for (const socket of sockets) {
      const { expiresAt } = socket.data.member.pass;
      if (expiresAt === null || time < expiresAt - NOTICE) continue;
      if (told.get(socket) !== expiresAt)
        socket.emit('expiring', { expiresAt: new Date(expiresAt).toISOString() });
      told.set(socket, expiresAt);
      check(socket);
    }
  }

  function check(socket: ChatSocket): void {
    const code = auth.review(socket.data.member);
    if (code !== null) end(socket, code);
  }

  function review(): void {
    for (const socket of sockets) check(socket);
  }

  const looking = setInterval(look, LOOK);
  const reviewing = setInterval(review, REVIEW);

  return {
    add(socket) {
      sockets.add(socket);
      socket.once('disconnect', () => sockets.delete(socket));
      // Something may have changed between the handshake and now.
      check(socket);
    },
    review,
    close() {
      clearInterval(looking);
      clearInterval(reviewing);
    },
  };
}

/** Says why, then hangs up. */
export function end(socket: ChatSocket, code: Code): void {
  socket.emit('refused', { event: 'connection', ...refusal(code) });
  socket.disconnect(true);
}
