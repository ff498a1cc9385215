/** The chat without a face: a connection, an outbox and a timeline put together. */

import { checkSend } from '@chatty/protocol/check';
import type { Code } from '@chatty/protocol/codes';
import type { MembersAnswer, Message, Session } from '@chatty/protocol/events';
import { createConnection, type State } from './connection.js';
import { createEmitter, type Listeners } from './emitter.js';
import { createOutbox, type Entry } from './outbox.js';
import { createTimeline, type Line } from './timeline.js';

export type { State } from './connection.js';
export type { Entry } from './outbox.js';
export type { GapLine, Line, PendingLine, StoredLine } from './timeline.js';

export type ChatEvents = {
  /** The connection changed; `code` says why when it is `refused`. */
  state: { state: State; code: Code | null };
  session: Session;
  /** The lines changed, or `more` or `newest` did. */
  lines: readonly Line[];
  /** A message new to this client that arrived live or was caught up with; not the history. */
  message: Message;
  /** How many people are in the room. */
  presence: number;
};

export type Chat = Listeners<ChatEvents> & {
  readonly state: State;
  readonly session: Session | null;
  readonly lines: readonly Line[];
  /** Whether there are messages older than the first line: `loadOlder` brings them. */
  readonly more: boolean;
  /** Whether the lines reach to the live end; else newer ones exist, which `loadNewer` or `toNewest` bring. */
  readonly newest: boolean;
  /** How many people are in the room; null until the server has said. */
  readonly count: number | null;
  connect(): void;
  /** The network is said to be back, or the page to be seen again. */
  wake(): void;
  /** Ends it all: no socket, timer or listener is left. */
  close(): void;
  /** Queues a message and shows it as pending, at the live end; answers why not when it is empty or too long. */
  send(text: string, replyTo?: number | null): Code | null;
  /** Sends a failed line again under the same client id. */
  retry(clientId: string): void;
  discard(clientId: string): void;
  /** Changes the text of one's own message; answers null when done, else why not. */
  edit(id: number, text: string): Promise<Code | null>;
  /** Deletes one's own message; answers null when done, else why not. */
  remove(id: number): Promise<Code | null>;
  /** One page before the first line. Beyond 2,000 lines the newest go: `newest` turns false. */
  loadOlder(): Promise<void>;
  /** One page after the last line, where `newest` is false; the oldest lines go where there are too many. */
  loadNewer(): Promise<void>;
  /** One page before the line that follows the gap; the gap line goes when nothing is missing any more. */
  loadGap(): Promise<void>;
  /** Back to the live end at once; what was loaded before it is let go. */
  toNewest(): void;
  /** The people in the room now, at most `limit` (100); null when the server did not say. */
  members(limit?: number): Promise<MembersAnswer | null>;
  /** A new token, of the same person or another: the connection is made anew with it. */
  identify(token: string): void;
};

/** Keeps lines on their way over a reload. `owner` names the person and room they were written by and for. */
export type OutboxStorage = {
  load(owner: string): Entry[];
  save(entries: Entry[], owner: string): void;
};

export type ChatOptions = {
  /** Origin of the chat server. */
  url: string;
  token: string;
  /** Asks the host for a new token: near expiry and when the old one has expired, one call at a time. */
  tokenProvider?: () => Promise<string>;
  storage?: OutboxStorage;
};

export function createChat(options: ChatOptions): Chat {
  const { url, token } = options;
  const emitter = createEmitter<ChatEvents>();
  const timeline = createTimeline();
  let session: Session | null = null;

  const show = () => emitter.emit('lines', timeline.lines());
  const store = (message: Message) => {
    timeline.store(message);
    show();
  };
  const connection = createConnection({
    url,
    token,
    handlers: {
      session(next) {
        session = next;
        timeline.identify(next);
        emitter.emit('session', next);
      },
      history(messages) {
        timeline.history(messages);
        show();
      },
      'chat message': (message) => {
        store(message);
        emitter.emit('message', message);
      },
      state(state, code) {
        if (state === 'live') outbox.open();
        else outbox.shut();
        emitter.emit('state', { state, code });
      },
    },
  });
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const outbox = createOutbox({
    transmit: connection.send,
    stored: store,
    failed(clientId, code) {
      timeline.fail(clientId, code);
      show();
    },
    now: Date.now,
    later(callback, pause) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        callback();
      }, pause);
      timers.add(timer);
      return () => clearTimeout(timer);
    },
  });

  function newClientId(): string {
    // Not randomUUID: pages on plain http do not have it.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  return {
    get state() {
      return connection.state;
    },
    get session() {
      return session;
    },
    get lines() {
      return timeline.lines();
    },
    on: emitter.on,
    connect: connection.connect,
    wake: connection.wake,
    send(text, replyTo = null) {
      const checked = checkSend(text);
      if (!checked.ok) return checked.code;
      const entry: Entry = {
        content: checked.value.content,
        clientId: newClientId(),
        replyTo,
        at: Date.now(),
      };
      timeline.pend(entry);
      show();
      outbox.add(entry);
      return null;
    },
    retry(clientId) {
      const line = timeline.lines().find((each) => each.kind === 'pending' && each.clientId === clientId);
      if (line?.kind !== 'pending' || line.failure === null) return;
      const { content, replyTo } = line;
      timeline.discard(clientId);
      const entry: Entry = { clientId, content, replyTo, at: Date.now() };
      timeline.pend(entry);
      show();
      outbox.add(entry);
    },
    discard(clientId) {
      outbox.remove(clientId);
      timeline.discard(clientId);
      show();
    },
    more: false,
    newest: true,
    count: null,
    edit: async () => 'unavailable',
    remove: async () => 'unavailable',
    loadOlder: async () => undefined,
    loadNewer: async () => undefined,
    loadGap: async () => undefined,
    toNewest: () => undefined,
    members: async () => null,
    identify: () => undefined,
    close() {
      connection.close();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      emitter.clear();
    },
  };
}
