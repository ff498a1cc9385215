/** The chat without a face: a connection, an outbox and a timeline put together. */

import { checkSend } from '@chatty/protocol/check';
import type { Code } from '@chatty/protocol/codes';
import type { Message, Session } from '@chatty/protocol/events';
import { createConnection, type State } from './connection.js';
import { createEmitter, type Listeners } from './emitter.js';
import { createOutbox, type Entry } from './outbox.js';
import { createTimeline, type Line } from './timeline.js';

export type { State } from './connection.js';
export type { Line, PendingLine, StoredLine } from './timeline.js';

export type ChatEvents = {
  /** The connection changed; `code` says why when it is `refused`. */
  state: { state: State; code: Code | null };
  session: Session;
  lines: readonly Line[];
  /** A message that arrived while the chat was live; not the history. */
  message: Message;
};

export type Chat = Listeners<ChatEvents> & {
  readonly state: State;
  readonly session: Session | null;
  readonly lines: readonly Line[];
  connect(): void;
  /** Queues a message and shows it as pending; answers why not when it is empty or too long. */
  send(text: string, replyTo?: number | null): Code | null;
  /** Sends a failed line again under the same client id. */
  retry(clientId: string): void;
  discard(clientId: string): void;
  /** The network is said to be back. */
  wake(): void;
  /** Ends it all: no socket, timer or listener is left. */
  close(): void;
};

/** @param url origin of the chat server */
export function createChat(options: { url: string; token: string }): Chat {
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
      const entry: Entry = { content: checked.value.content, clientId: newClientId(), replyTo };
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
      timeline.pend({ clientId, content, replyTo });
      show();
      outbox.add({ clientId, content, replyTo });
    },
    discard(clientId) {
      outbox.remove(clientId);
      timeline.discard(clientId);
      show();
    },
    close() {
      connection.close();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      emitter.clear();
    },
  };
}
