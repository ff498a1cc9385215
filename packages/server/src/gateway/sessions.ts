/** Who is here, for how long, and what they may do: what a handshake decided is looked at again while the connection lives. */

import type { Refusal } from '@chatty/protocol/errors';
import type { Permissions } from '@chatty/protocol/events';
import type { Auth } from '../auth/auth.js';
import type { ChatSocket } from '../connections/client-socket.js';
import { encode, type Packet } from '../connections/packet-encoder.js';
import type { Outlet } from '../connections/send-queue.js';
import type { Conduct } from '../messages/permissions.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';

export type Sessions = {
  /** From now until it disconnects. */
  add(socket: ChatSocket, outlet: Outlet): void;
  /**
   * Ends those who may no longer stay and tells the others what they may do; to be called when that may have changed,
   * with the projects that it has changed in; without: in any.
   */
  review(projects?: ReadonlySet<string>): void;
  /** Tells everyone that this server is about to stop, and to take their time in coming back. */
  drain(): void;
  close(): void;
};

/** How often the time left is looked at, in milliseconds. */
const LOOK = 1_000;
/** Longest time in milliseconds that a review may keep the process from everything else. */
const SLICE = 8;
/** How long before its end a token is said to be expiring, in milliseconds. */
const NOTICE = 60_000;
/** How often everybody is looked at, in milliseconds: a secret may have come to its end without a change of the project. */
const REVIEW = 10_000;
/** Longest time in milliseconds over which a drained server's members spread their return, and what each adds to it. */
const DRAIN_DELAY = 10_000;
const DRAIN_DELAY_EACH = 2;

/** Of one connection. */
type Session = {
  readonly outlet: Outlet;
  /** What it was last told it may do. */
  permitted: string;
  /** End in milliseconds of the token that has been said to be expiring: another token has another. */
  expiring: number | null;
};

export function createSessions(options: {
  auth: Auth;
  conduct: Conduct;
  now?: () => number;
  date?: () => number;
}): Sessions {
  const { auth, conduct, now = monotonicTime, date = wallTime } = options;
  /** By project. */
  const sockets = new Map<string, Map<ChatSocket, Session>>();

  function look(): void {
    const time = date();
    for (const members of sockets.values())
      for (const [socket, session] of members) {
        const { expiresAt } = socket.data.member.pass;
        if (expiresAt === null || time < expiresAt - NOTICE) continue;
        if (session.expiring !== expiresAt)
          socket.emit('expiring', { expiresAt: new Date(expiresAt).toISOString() });
        session.expiring = expiresAt;
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

  /** @param packets what has been encoded for others already: a room that is frozen tells thousands the same */
  function tell(socket: ChatSocket, session: Session, packets: Map<string, Packet>): void {
    const permissions = conduct.permissions(socket.data.member);
    const sign = signOf(permissions);
    if (session.permitted === sign) return;
    session.permitted = sign;
    const packet = packets.get(sign) ?? encode('permissions', permissions);
    packets.set(sign, packet);
    session.outlet.send(packet);
  }

  /** Those that a review has not come to yet; one that is asked for meanwhile goes through them again. */
  const due = new Map<ChatSocket, Session>();
  let reviewing = false;

  async function reviewDue(): Promise<void> {
    reviewing = true;
    const packets = new Map<string, Packet>();
    let since = performance.now();
    for (const [socket, session] of due) {
      due.delete(socket);
      check(socket);
      if (socket.connected) tell(socket, session, packets);
      if (performance.now() - since < SLICE) continue;
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
    reviewing = false;
  }

  function review(projects: Iterable<string> = sockets.keys()): void {
    for (const project of projects)
      for (const [socket, session] of sockets.get(project) ?? []) {
        // To the end of the line: what it was looked at for before may not be all.
        due.delete(socket);
        due.set(socket, session);
      }
    if (!reviewing) void reviewDue();
  }

  const looking = setInterval(look, LOOK);
  const everybody = setInterval(() => review(), REVIEW);

  return {
    add(socket, outlet) {
      // It may have ended while its room was welcoming it; then nobody would take it out again.
      if (!socket.connected) return;
      const { projectId } = socket.data.member;
      const members = sockets.get(projectId) ?? new Map<ChatSocket, Session>();
      // What `session` says.
      const permitted = signOf(conduct.permissions(socket.data.member));
      sockets.set(projectId, members.set(socket, { outlet, permitted, expiring: null }));
      socket.once('disconnect', () => {
        members.delete(socket);
        due.delete(socket);
        if (members.size === 0 && sockets.get(projectId) === members) sockets.delete(projectId);
      });
      // Something may have changed between the handshake and now.
      check(socket);
    },
    review: (projects) => review(projects),
    drain() {
      const outlets = [...sockets.values()].flatMap((members) =>
        [...members.values()].map(({ outlet }) => outlet),
      );
      const delay = Math.min(DRAIN_DELAY, outlets.length * DRAIN_DELAY_EACH);
      const packet = encode('draining', { delay });
      for (const outlet of outlets) outlet.send(packet);
    },
    close() {
      clearInterval(looking);
      clearInterval(everybody);
    },
  };
}

/** Says why, then hangs up. */
export function end(socket: ChatSocket, refused: Refusal): void {
  socket.emit('refused', { event: 'connection', ...refused });
  socket.disconnect(true);
}
