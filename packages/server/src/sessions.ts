/** Who is here, for how long, and what they may do: what a handshake decided is looked at again while the connection lives. */

import type { Refusal } from '@chatty/protocol/codes';
import type { Permissions } from '@chatty/protocol/events';
import type { Auth } from './auth.js';
import type { Conduct } from './conduct.js';
import type { ChatSocket } from './rooms.js';

export type Sessions = {
  /** From now until it disconnects. */
  add(socket: ChatSocket): void;
  /** Ends those who may no longer stay and tells the others what they may do; to be called when that may have changed. */
  review(): void;
  close(): void;
};

/** How often the time left is looked at, in milliseconds. */
const LOOK = 1_000;
/** How long before its end a token is said to be expiring, in milliseconds. */
const NOTICE = 60_000;
/** How often everybody is looked at, in milliseconds: a secret may have come to its end without a change of the project. */
const REVIEW = 10_000;

export function createSessions(options: { auth: Auth; conduct: Conduct; now?: () => number }): Sessions {
  const { auth, conduct, now = Date.now } = options;
  const sockets = new Set<ChatSocket>();
  /** Whose token has been said to be expiring, by the moment it expires: another token has another. */
  const told = new WeakMap<ChatSocket, number>();
  /** What each was last told it may do. */
  const permitted = new WeakMap<ChatSocket, string>();

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
    const { member } = socket.data;
    const refused = auth.review(member) ?? conduct.reading(member);
    if (refused !== null) end(socket, refused);
  }

  /** A refusal that ends at the same second is the same, however much of it is left. */
  function signOf({ write, slowMode }: Permissions): string {
    const ends = write?.retryAfter === undefined ? '' : Math.round((now() + write.retryAfter) / 1_000);
    return `${write?.code} ${ends} ${slowMode}`;
  }

  function tell(socket: ChatSocket): void {
    const permissions = conduct.permissions(socket.data.member);
    const sign = signOf(permissions);
    if (permitted.get(socket) === sign) return;
    permitted.set(socket, sign);
    socket.emit('permissions', permissions);
  }

  function review(): void {
    for (const socket of sockets) {
      check(socket);
      if (socket.connected) tell(socket);
    }
  }

  const looking = setInterval(look, LOOK);
  const reviewing = setInterval(review, REVIEW);

  return {
    add(socket) {
      sockets.add(socket);
      socket.once('disconnect', () => sockets.delete(socket));
      // What `session` says.
      permitted.set(socket, signOf(conduct.permissions(socket.data.member)));
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
export function end(socket: ChatSocket, refused: Refusal): void {
  socket.emit('refused', { event: 'connection', ...refused });
  socket.disconnect(true);
}
