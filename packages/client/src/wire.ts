/** The one place that knows Socket.IO: makes one try at a time to connect, hears, and asks. */

import { type Code, isCode } from '@chatty/protocol/codes';
import {
  AUTHENTICATION_ERROR,
  type ClientEvents,
  type Handshake,
  type ServerEvents,
} from '@chatty/protocol/events';
import { io, type Socket } from 'socket.io-client';

type Payload<Name extends keyof ClientEvents> = Exclude<Parameters<ClientEvents[Name]>[0], string>;
type AnswerOf<Name extends keyof ClientEvents> = Parameters<
  NonNullable<Parameters<ClientEvents[Name]>[1]>
>[0];
/** Rejects when no answer came in time, or the connection broke. */
export type Ask = <Name extends keyof ClientEvents>(
  name: Name,
  payload: Payload<Name>,
) => Promise<AnswerOf<Name>>;

export type Heard = {
  /** The handshake is through. */
  up(): void;
  /** The connection is lost, or could not be made. Not after `disconnect`. */
  down(): void;
  /** The server will not have this token, and trying again with it does not help. */
  refused(code: Code): void;
  event<Name extends keyof ServerEvents>(name: Name, ...values: Parameters<ServerEvents[Name]>): void;
};

export type Wire = { connect(): void; disconnect(): void; ask: Ask };
export type Dial = (options: { url: string; auth: () => Handshake; heard: Heard }) => Wire;

/** Longest wait for an answer, in milliseconds; `sync` is answered from memory, and also asks whether anybody is there. */
const ANSWER_TIMEOUT = 10_000;
const SYNC_TIMEOUT = 5_000;

export const dial: Dial = ({ url, auth, heard }) => {
  const socket: Socket<ServerEvents, ClientEvents> = io(url, {
    auth: (give) => give(auth()),
    autoConnect: false,
    forceNew: true,
    // When to try again is decided in connection.ts.
    reconnection: false,
    tryAllTransports: true,
  });
  let failures = 0;
  socket.on('connect', () => {
    failures = 0;
    heard.up();
  });
  socket.on('disconnect', (reason) => {
    if (reason !== 'io client disconnect') heard.down();
  });
  socket.on('connect_error', (error) => {
    const code = refusalCode(error);
    if (code) heard.refused(code);
    else heard.down();
  });
  socket.onAny(heard.event);
  return {
    connect() {
      // WebSocket at once, long polling where something on the way refuses it. Where something swallows it instead, no
      // error says so: every other try begins with long polling.
      const transports = ['websocket', 'polling'];
      socket.io.opts.transports = failures % 2 === 0 ? transports : transports.reverse();
      failures += 1;
      socket.connect();
    },
    disconnect: () => void socket.disconnect(),
    ask: (name, payload) =>
      new Promise((resolve, reject) => {
        const answered = (error: Error | null, answer: unknown) =>
          error ? reject(error) : resolve(answer as AnswerOf<typeof name>);
        const asking = socket.timeout(name === 'sync' ? SYNC_TIMEOUT : ANSWER_TIMEOUT);
        // Socket.IO's types cannot follow a name that is a parameter.
        (asking as { emit(...values: unknown[]): unknown }).emit(name, payload, answered);
      }),
  };
};

/** The code of a refusal that trying again with the same token will not change; null for everything else. */
function refusalCode(error: Error): Code | null {
  const data = 'data' in error ? (error.data as { code?: unknown; retry?: unknown } | undefined) : undefined;
  if (data?.retry === 'later') return null;
  if (isCode(data?.code)) return data.code;
  return error.message === AUTHENTICATION_ERROR ? 'token_invalid' : null;
}
