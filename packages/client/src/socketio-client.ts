/** Speaks Socket.IO 5, the one place that knows it: makes one try at a time to connect, hears, and asks. */

import type { Refusal } from '@chatty/protocol/errors';
import {
  AUTHENTICATION_ERROR,
  type ClientEvents,
  type Handshake,
  type ServerEvents,
} from '@chatty/protocol/events';
import { type Engine, openEngine, type SocketConstructor } from './engineio-client.js';

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
  /** The server will not have it. What its code says may be new to this client. */
  refused(refusal: Refusal): void;
  event<Name extends keyof ServerEvents>(name: Name, ...values: Parameters<ServerEvents[Name]>): void;
};

export type Wire = { connect(): void; disconnect(): void; ask: Ask };
export type Dial = (options: { url: string; auth: () => Handshake; heard: Heard }) => Wire;

/** Longest wait for an answer, in milliseconds; `sync` is answered from memory, and also asks whether anybody is there. */
const ANSWER_TIMEOUT = 10_000;
const SYNC_TIMEOUT = 5_000;
/** Longest time in milliseconds until the handshake is through. */
const OPENING = 20_000;
/** A WebSocket given up before this, in milliseconds, is not blamed for its silence. */
const SWALLOWED = 5_000;

/** @param options.WebSocket the constructor where the platform has none; null: long polling only */
export const createDial =
  (options: { WebSocket?: SocketConstructor | null } = {}): Dial =>
  ({ url, auth, heard }) => {
    const address = new URL('/socket.io/?EIO=4&transport=', url).href;
    const asked = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
    let engine: Engine | undefined;
    let opening: ReturnType<typeof setTimeout> | undefined;
    let up = false;
    let last = 0;
    let began = 0;
    let swallowed = false;

    function leave(): void {
      up = false;
      clearTimeout(opening);
      engine?.close();
      engine = undefined;
      for (const { reject } of asked.values()) reject(new Error('no connection'));
    }

    function lost(): void {
      swallowed = Boolean(engine?.silent);
      leave();
      heard.down();
    }

    function message(text: string): void {
      const [, type, id, json] = /^(\d)(\d*)(.*)$/s.exec(text) ?? [];
      const data = json ? JSON.parse(json) : null;
      if (type === '0' && !up && data?.sid) {
        up = true;
        clearTimeout(opening);
        heard.up();
      } else if (type === '2' && up && Array.isArray(data) && typeof data[0] === 'string') {
        // Names and their values were written by the server; the types cannot follow.
        (heard.event as (...values: unknown[]) => void)(...data);
      } else if (type === '3' && id && Array.isArray(data)) {
        asked.get(Number(id))?.resolve(data[0]);
      } else if (type === '4' && !up) {
        const refusal = refusalIn(data);
        leave();
        if (refusal) heard.refused(refusal);
        else heard.down();
      } else lost();
    }

    return {
      connect() {
        leave();
        // WebSocket at once, long polling where something on the way refuses it. Where something swallows it instead, no
        // error says so: after a try that ended in such silence, the next one begins with long polling.
        const { WebSocket = globalThis.WebSocket } = options;
        const way = swallowed ? null : WebSocket;
        swallowed = false;
        began = performance.now();
        opening = setTimeout(lost, OPENING);
        engine = openEngine({
          address,
          WebSocket: way,
          heard: { open: () => engine?.send(`0${encode(auth())}`), message, lost },
        });
      },
      disconnect() {
        if (engine?.silent) swallowed = performance.now() - began >= SWALLOWED;
        leave();
      },
      ask: async (name, payload) => {
        if (!up) throw new Error('no connection');
        last += 1;
        const id = last;
        let timer: ReturnType<typeof setTimeout> | undefined;
        const answer = new Promise<unknown>((resolve, reject) => {
          asked.set(id, { resolve, reject });
          timer = setTimeout(reject, name === 'sync' ? SYNC_TIMEOUT : ANSWER_TIMEOUT, new Error('no answer'));
        }).finally(() => {
          clearTimeout(timer);
          asked.delete(id);
        });
        engine?.send(`2${id}${encode([name, payload])}`);
        return (await answer) as AnswerOf<typeof name>;
      },
    };
  };

export const dial = createDial();

/** JSON of plain values, by hand: old libraries of the page give arrays and objects a `toJSON` that is none. */
function encode(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => encode(each) ?? 'null').join()}]`;
  const fields: string[] = [];
  for (const [name, each] of Object.entries(value)) {
    const text = encode(each);
    if (text !== undefined) fields.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${fields.join()}}`;
}

/** Why the server refuses the handshake; null where it does not say. */
function refusalIn({ message, data }: { message?: string; data?: Refusal }): Refusal | null {
  if (typeof data?.code === 'string') return data;
  return message === AUTHENTICATION_ERROR ? { code: 'token_invalid', message, retry: 'fix' } : null;
}
