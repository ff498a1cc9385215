/** Somebody's connection as the chat knows it, whichever way it came: a WebSocket of ours, or one of Socket.IO's. */

import type { Refusal, ResumePosition, ServerEvents } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { TransportConnection } from './send-queue.js';

export type SocketData = {
  member: VerifiedMember;
  /** Whose share of everything it is: the member's, or a guest's own. */
  rateKey: string;
  /** Null: nobody knows it. */
  address: string | null;
  acceptsBatches: boolean;
  resumeAfter: ResumePosition | null;
};

export type ChatSocket = {
  readonly id: string;
  /** The connection below. */
  readonly conn: TransportConnection;
  /** It has been let in, and has not left. */
  readonly connected: boolean;
  /** Set by the handshake. */
  data: SocketData;
  emit<Name extends keyof ServerEvents>(event: Name, ...values: Parameters<ServerEvents[Name]>): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  /** Says that it ends, and ends the connection. */
  disconnect(close: true): unknown;
};

/** What is known of a connection that asks to be let in. */
export type ConnectRequest = {
  /** What it says of itself. */
  auth: unknown;
  /** Of the page, as the browser says; undefined: no browser. */
  origin: string | undefined;
  /** Null: nobody knows it. */
  address: string | null;
};

/** Sends the reason, then closes the connection. */
export function disconnectWithRefusal(socket: ChatSocket, refusal: Refusal): void {
  socket.emit('refused', { event: 'connection', ...refusal });
  socket.disconnect(true);
}
