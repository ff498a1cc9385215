/** Who is here, for how long, and what they may do: what a handshake decided is looked at again while the connection lives. */

import type { Permissions } from '@chatty/protocol';
import type { Auth } from '../auth/auth.js';
import { type ChatSocket, disconnectWithRefusal } from '../connections/client-socket.js';
import { type EncodedPacket, encodeEvent } from '../connections/packet-encoder.js';
import type { SendQueue } from '../connections/send-queue.js';
import type { RoomPermissions } from '../messages/permissions.js';
import { monotonicTime, wallTime } from '../runtime/clocks.js';
import { forEachInSlices } from '../runtime/sliced-loop.js';

export type Sessions = {
  /** From now until it disconnects. */
  add(socket: ChatSocket, sendQueue: SendQueue): void;
  /**
   * Ends those who may no longer stay and tells the others what they may do; to be called when that may have changed,
   * with the projects that it has changed in; without: in any.
   */
  recheck(projects?: ReadonlySet<string>): void;
  /** Tells everyone that this server is about to stop, and to take their time in coming back. */
  drain(): void;
  close(): void;
};

/** How often the time left is looked at, in milliseconds. */
const EXPIRY_CHECK_INTERVAL_MS = 1_000;
/** Longest time in milliseconds that a review may keep the process from everything else. */
const RECHECK_SLICE_MS = 8;
/** How long before its end a token is said to be expiring, in milliseconds. */
const EXPIRY_NOTICE_MS = 60_000;
/** How often everybody is looked at, in milliseconds: a secret may have come to its end without a change of the project. */
const RECHECK_INTERVAL_MS = 10_000;
/** Longest time in milliseconds over which a drained server's members spread their return, and what each adds to it. */
const MAX_DRAIN_DELAY_MS = 10_000;
const DRAIN_DELAY_PER_MEMBER_MS = 2;

/** Of one connection. */
type LiveConnection = {
  readonly sendQueue: SendQueue;
  /** What it was last told it may do. */
  sentPermissions: string;
  /** End in milliseconds of the token that has been said to be expiring: another token has another. */
  announcedExpiry: number | null;
};

export function createSessions(options: {
  auth: Auth;
  permissions: RoomPermissions;
  now?: () => number;
  wallNow?: () => number;
}): Sessions {
  const { auth, permissions, now = monotonicTime, wallNow = wallTime } = options;
  /** By project. */
  const socketsByProject = new Map<string, Map<ChatSocket, LiveConnection>>();

  function announceExpiring(): void {
    const wallTimeMs = wallNow();
    for (const members of socketsByProject.values())
      for (const [socket, session] of members) {
        const { expiresAt } = socket.data.member.tokenInfo;
        if (expiresAt === null || wallTimeMs < expiresAt - EXPIRY_NOTICE_MS) continue;
        if (session.announcedExpiry !== expiresAt)
          socket.emit('expiring', { expiresAt: new Date(expiresAt).toISOString() });
        session.announcedExpiry = expiresAt;
        disconnectIfRefused(socket);
      }
  }

  function disconnectIfRefused(socket: ChatSocket): void {
    const { member } = socket.data;
    const refused = auth.recheck(member) ?? permissions.checkRead(member);
    if (refused !== null) disconnectWithRefusal(socket, refused);
  }

  /** A refusal that ends at the same second is the same, however much of it is left. */
  function fingerprintOf({ write, slowMode }: Permissions): string {
    const endSecond = write?.retryAfter === undefined ? '' : Math.round((now() + write.retryAfter) / 1_000);
    return `${write?.code} ${endSecond} ${slowMode}`;
  }

  /** @param packets what has been encoded for others already: a room that is frozen tells thousands the same */
  function pushPermissions(
    socket: ChatSocket,
    session: LiveConnection,
    packets: Map<string, EncodedPacket>,
  ): void {
    const current = permissions.permissionsOf(socket.data.member);
    const fingerprint = fingerprintOf(current);
    if (session.sentPermissions === fingerprint) return;
    session.sentPermissions = fingerprint;
    const packet = packets.get(fingerprint) ?? encodeEvent('permissions', current);
    packets.set(fingerprint, packet);
    session.sendQueue.send(packet);
  }

  /** Those that a review has not come to yet; one that is asked for meanwhile goes through them again. */
  const dueForRecheck = new Map<ChatSocket, LiveConnection>();
  let isRechecking = false;

  async function recheckDue(): Promise<void> {
    isRechecking = true;
    const packets = new Map<string, EncodedPacket>();
    const recheckOne = ([socket, session]: [ChatSocket, LiveConnection]) => {
      dueForRecheck.delete(socket);
      disconnectIfRefused(socket);
      if (socket.connected) pushPermissions(socket, session, packets);
    };
    // Again for those that became due after the last item: `isRechecking` kept them from starting their own loop.
    while (dueForRecheck.size > 0)
      await forEachInSlices(dueForRecheck, recheckOne, { sliceMs: RECHECK_SLICE_MS });
    isRechecking = false;
  }

  function recheck(projects: Iterable<string> = socketsByProject.keys()): void {
    for (const project of projects)
      for (const [socket, session] of socketsByProject.get(project) ?? []) {
        // To the end of the line: what it was looked at for before may not be all.
        dueForRecheck.delete(socket);
        dueForRecheck.set(socket, session);
      }
    if (!isRechecking) void recheckDue();
  }

  const expiryTimer = setInterval(announceExpiring, EXPIRY_CHECK_INTERVAL_MS);
  const recheckTimer = setInterval(() => recheck(), RECHECK_INTERVAL_MS);

  return {
    add(socket, sendQueue) {
      // It may have ended while its room was welcoming it; then nobody would take it out again.
      if (!socket.connected) return;
      const { projectId } = socket.data.member;
      const members = socketsByProject.get(projectId) ?? new Map<ChatSocket, LiveConnection>();
      // What `session` says.
      const sentPermissions = fingerprintOf(permissions.permissionsOf(socket.data.member));
      socketsByProject.set(
        projectId,
        members.set(socket, { sendQueue, sentPermissions, announcedExpiry: null }),
      );
      socket.once('disconnect', () => {
        members.delete(socket);
        dueForRecheck.delete(socket);
        if (members.size === 0 && socketsByProject.get(projectId) === members)
          socketsByProject.delete(projectId);
      });
      // Something may have changed between the handshake and now.
      disconnectIfRefused(socket);
    },
    recheck: (projects) => recheck(projects),
    drain() {
      const sendQueues = [...socketsByProject.values()].flatMap((members) =>
        [...members.values()].map(({ sendQueue }) => sendQueue),
      );
      const delay = Math.min(MAX_DRAIN_DELAY_MS, sendQueues.length * DRAIN_DELAY_PER_MEMBER_MS);
      const packet = encodeEvent('draining', { delay });
      for (const sendQueue of sendQueues) sendQueue.send(packet);
    },
    close() {
      clearInterval(expiryTimer);
      clearInterval(recheckTimer);
    },
  };
}
