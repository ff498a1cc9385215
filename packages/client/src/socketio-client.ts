/** Speaks Socket.IO 5, the one place that knows it: makes one try at a time to connect, hears, and asks. */

import type { Refusal } from '@chatty/protocol';
import {
  AUTHENTICATION_ERROR,
  type ClientEvents,
  type HandshakeAuth,
  type ServerEvents,
} from '@chatty/protocol';
import { type EngineIoClient, openEngineIo, type WebSocketConstructor } from './engineio-client.js';

type PayloadOf<Name extends keyof ClientEvents> = Exclude<Parameters<ClientEvents[Name]>[0], string>;
type AnswerOf<Name extends keyof ClientEvents> = Parameters<
  NonNullable<Parameters<ClientEvents[Name]>[1]>
>[0];
/** Rejects when no answer came in time, or the connection broke. */
export type SendRequest = <Name extends keyof ClientEvents>(
  name: Name,
  payload: PayloadOf<Name>,
) => Promise<AnswerOf<Name>>;

export type SocketIoHandlers = {
  /** The handshake is through. */
  onConnect(): void;
  /** The connection is lost, or could not be made. Not after `disconnect`. */
  onDisconnect(): void;
  /** The server will not have it. What its code says may be new to this client. */
  onRefused(refusal: Refusal): void;
  onEvent<Name extends keyof ServerEvents>(name: Name, ...values: Parameters<ServerEvents[Name]>): void;
};

export type SocketIoClient = { connect(): void; disconnect(): void; request: SendRequest };
export type SocketIoFactory = (options: {
  url: string;
  auth: () => HandshakeAuth;
  handlers: SocketIoHandlers;
}) => SocketIoClient;

/** Longest wait for an answer, in milliseconds; `sync` is answered from memory, and also asks whether anybody is there. */
const ANSWER_TIMEOUT_MS = 10_000;
const SYNC_TIMEOUT_MS = 5_000;
/** Longest time in milliseconds until the handshake is through. */
const CONNECT_TIMEOUT_MS = 20_000;
/** A WebSocket given up before this, in milliseconds, is not blamed for its silence. */
const WEBSOCKET_SILENCE_MS = 5_000;

/** @param options.WebSocket the constructor where the platform has none; null: long polling only */
export const createSocketIoFactory =
  (options: { WebSocket?: WebSocketConstructor | null } = {}): SocketIoFactory =>
  ({ url, auth, handlers }) => {
    const address = new URL('/socket.io/?EIO=4&transport=', url).href;
    const pendingRequests = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
    let engineIo: EngineIoClient | undefined;
    let connectTimer: ReturnType<typeof setTimeout> | undefined;
    let connected = false;
    let lastRequestId = 0;
    let startedAt = 0;
    let webSocketBlocked = false;

    function closeEngine(): void {
      connected = false;
      clearTimeout(connectTimer);
      engineIo?.close();
      engineIo = undefined;
      for (const { reject } of pendingRequests.values()) reject(new Error('no connection'));
    }

    function onLost(): void {
      webSocketBlocked = Boolean(engineIo?.webSocketSilent);
      closeEngine();
      handlers.onDisconnect();
    }

    function onPacket(text: string): void {
      const [, type, id, json] = /^(\d)(\d*)(.*)$/s.exec(text) ?? [];
      const data = json ? JSON.parse(json) : null;
      if (type === '0' && !connected && data?.sid) {
        connected = true;
        clearTimeout(connectTimer);
        handlers.onConnect();
      } else if (type === '2' && connected && Array.isArray(data) && typeof data[0] === 'string') {
        // Names and their values were written by the server; the types cannot follow.
        (handlers.onEvent as (...values: unknown[]) => void)(...data);
      } else if (type === '3' && id && Array.isArray(data)) {
        pendingRequests.get(Number(id))?.resolve(data[0]);
      } else if (type === '4' && !connected) {
        const refusal = parseRefusal(data);
        closeEngine();
        if (refusal) handlers.onRefused(refusal);
        else handlers.onDisconnect();
      } else onLost();
    }

    return {
      connect() {
        closeEngine();
        // WebSocket at once, long polling where something on the way refuses it. Where something swallows it instead, no
        // error says so: after a try that ended in such silence, the next one begins with long polling.
        const { WebSocket = globalThis.WebSocket } = options;
        const availableWebSocket = webSocketBlocked ? null : WebSocket;
        webSocketBlocked = false;
        startedAt = performance.now();
        connectTimer = setTimeout(onLost, CONNECT_TIMEOUT_MS);
        engineIo = openEngineIo({
          address,
          WebSocket: availableWebSocket,
          handlers: { open: () => engineIo?.send(`0${stringify(auth())}`), message: onPacket, lost: onLost },
        });
      },
      disconnect() {
        if (engineIo?.webSocketSilent)
          webSocketBlocked = performance.now() - startedAt >= WEBSOCKET_SILENCE_MS;
        closeEngine();
      },
      request: async (name, payload) => {
        if (!connected) throw new Error('no connection');
        lastRequestId += 1;
        const id = lastRequestId;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const answer = new Promise<unknown>((resolve, reject) => {
          pendingRequests.set(id, { resolve, reject });
          timer = setTimeout(
            reject,
            name === 'sync' ? SYNC_TIMEOUT_MS : ANSWER_TIMEOUT_MS,
            new Error('no answer'),
          );
        }).finally(() => {
          clearTimeout(timer);
          pendingRequests.delete(id);
        });
        engineIo?.send(`2${id}${stringify([name, payload])}`);
        return (await answer) as AnswerOf<typeof name>;
      },
    };
  };

export const createSocketIoClient = createSocketIoFactory();

/** JSON of plain values, by hand: old libraries of the page give arrays and objects a `toJSON` that is none. */
function stringify(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((element) => stringify(element) ?? 'null').join()}]`;
  const fields: string[] = [];
  for (const [name, element] of Object.entries(value)) {
    const text = stringify(element);
    if (text !== undefined) fields.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${fields.join()}}`;
}

/** Why the server refuses the handshake; null where it does not say. */
function parseRefusal({ message, data }: { message?: string; data?: Refusal }): Refusal | null {
  if (typeof data?.code === 'string') return data;
  return message === AUTHENTICATION_ERROR ? { code: 'token_invalid', message, retry: 'fix' } : null;
}
