/** Implements the client side of Socket.IO 5: connects once per call, receives events, sends requests. */

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
/** Rejects if no answer comes in time, or the connection is lost. */
export type SendRequest = <Name extends keyof ClientEvents>(
  name: Name,
  payload: PayloadOf<Name>,
) => Promise<AnswerOf<Name>>;

export type SocketIoHandlers = {
  /** The handshake succeeded. */
  onConnect(): void;
  /** The connection was lost or could not be made. Not called after `disconnect`. */
  onDisconnect(): void;
  /** The server refuses the handshake. The code may be one that this client does not know yet. */
  onRefused(refusal: Refusal): void;
  onEvent<Name extends keyof ServerEvents>(name: Name, ...values: Parameters<ServerEvents[Name]>): void;
};

export type SocketIoClient = { connect(): void; disconnect(): void; request: SendRequest };
export type SocketIoFactory = (options: {
  url: string;
  auth: () => HandshakeAuth;
  handlers: SocketIoHandlers;
}) => SocketIoClient;

/** Longest wait for an answer. `sync` is answered from memory, and also serves to check the connection. */
const ANSWER_TIMEOUT_MS = 10_000;
const SYNC_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 20_000;
/** A WebSocket closed earlier than this had no time to answer, so its silence does not count. */
const WEBSOCKET_SILENCE_MS = 5_000;

/** @param options.WebSocket the constructor if the platform has none; null for long polling only */
export function createSocketIoFactory(
  options: { WebSocket?: WebSocketConstructor | null } = {},
): SocketIoFactory {
  return ({ url, auth, handlers }) => {
    const address = new URL('/socket.io/?EIO=4&transport=', url).href;
    const pendingRequests = createPendingRequests();
    let engineIo: EngineIoClient | undefined;
    let connectTimer: ReturnType<typeof setTimeout> | undefined;
    let connected = false;
    let startedAt = 0;
    let webSocketBlocked = false;

    function closeEngine(): void {
      connected = false;
      clearTimeout(connectTimer);
      engineIo?.close();
      engineIo = undefined;
      pendingRequests.rejectAll();
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
        // The server wrote the name and the values; the type checker cannot know that they match.
        (handlers.onEvent as (...values: unknown[]) => void)(...data);
      } else if (type === '3' && id && Array.isArray(data)) {
        pendingRequests.resolve(Number(id), data[0]);
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
        // WebSocket first. If something on the way refuses it, the same attempt goes on with long polling. If something
        // swallows it without an error, the next attempt starts with long polling.
        const { WebSocket = globalThis.WebSocket } = options;
        const availableWebSocket = webSocketBlocked ? null : WebSocket;
        webSocketBlocked = false;
        startedAt = performance.now();
        connectTimer = setTimeout(onLost, CONNECT_TIMEOUT_MS);
        const open = () => engineIo?.send(`0${stringify(auth())}`);
        engineIo = openEngineIo(address, availableWebSocket, { open, message: onPacket, lost: onLost });
      },
      disconnect() {
        if (engineIo?.webSocketSilent)
          webSocketBlocked = performance.now() - startedAt >= WEBSOCKET_SILENCE_MS;
        closeEngine();
      },
      request: async (name, payload) => {
        if (!connected) throw new Error('no connection');
        const timeoutMs = name === 'sync' ? SYNC_TIMEOUT_MS : ANSWER_TIMEOUT_MS;
        const [id, answer] = pendingRequests.add<AnswerOf<typeof name>>(timeoutMs);
        engineIo?.send(`2${id}${stringify([name, payload])}`);
        return answer;
      },
    };
  };
}

export const createSocketIoClient = createSocketIoFactory();

/** Requests that wait for their answer, by id. */
function createPendingRequests() {
  const pending = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  return {
    add<Answer>(timeoutMs: number): [id: number, answer: Promise<Answer>] {
      lastId += 1;
      const id = lastId;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const answer = new Promise<unknown>((resolve, reject) => {
        pending.set(id, { resolve, reject });
        timer = setTimeout(reject, timeoutMs, new Error('no answer'));
      }).finally(() => {
        clearTimeout(timer);
        pending.delete(id);
      });
      return [id, answer as Promise<Answer>];
    },
    resolve: (id: number, answer: unknown) => pending.get(id)?.resolve(answer),
    rejectAll(): void {
      for (const { reject } of pending.values()) reject(new Error('no connection'));
    },
  };
}

/** JSON without `JSON.stringify` for arrays and objects: old libraries on the page add a wrong `toJSON` to both. */
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

/** Why the server refuses the handshake; null if it does not say. */
function parseRefusal({ message, data }: { message?: string; data?: Refusal }): Refusal | null {
  if (typeof data?.code === 'string') return data;
  return message === AUTHENTICATION_ERROR ? { code: 'token_invalid', message, retry: 'fix' } : null;
}
