/** Decides the state of the connection to the chat server: one written table, and Socket.IO behind it. */

import { type Code, isCode } from '@chatty/protocol/codes';
import {
  AUTHENTICATION_ERROR,
  type ClientEvents,
  type SendAnswer,
  type ServerEvents,
} from '@chatty/protocol/events';
import { io, type Socket } from 'socket.io-client';
import type { Entry } from './outbox.js';

/**
 * idle: not asked to connect. connecting: the first try is under way. recovering: connected, catching up with the room.
 * live: in the room and up to date. waiting: lost or not reached, will try again. refused: the server will not have this
 * token. closed: over.
 */
export type State = 'idle' | 'connecting' | 'recovering' | 'live' | 'waiting' | 'refused' | 'closed';
type Event = 'connect' | 'joined' | 'lost' | 'refuse' | 'close';

/** What each event makes of each state; a state that an event does not concern keeps itself. */
const table: Record<State, Record<Event, State>> = {
  idle: { connect: 'connecting', joined: 'idle', lost: 'idle', refuse: 'idle', close: 'closed' },
  connecting: { connect: 'connecting', joined: 'live', lost: 'waiting', refuse: 'refused', close: 'closed' },
  recovering: { connect: 'recovering', joined: 'live', lost: 'waiting', refuse: 'refused', close: 'closed' },
  live: { connect: 'live', joined: 'live', lost: 'waiting', refuse: 'refused', close: 'closed' },
  waiting: { connect: 'waiting', joined: 'live', lost: 'waiting', refuse: 'refused', close: 'closed' },
  refused: { connect: 'connecting', joined: 'refused', lost: 'refused', refuse: 'refused', close: 'closed' },
  closed: { connect: 'closed', joined: 'closed', lost: 'closed', refuse: 'closed', close: 'closed' },
};

export type Connection = {
  readonly state: State;
  connect(): void;
  /** Tries at once when waiting: the network is said to be back. */
  wake(): void;
  close(): void;
  /** Rejects when no answer came within 10 s or the connection broke. */
  send(entry: Entry): Promise<SendAnswer>;
};

export type ConnectionHandlers = {
  [Name in 'session' | 'history' | 'chat message']: ServerEvents[Name];
} & { state: (state: State, code: Code | null) => void };

const ACK_TIMEOUT = 10_000;
const FIRST_PAUSE = 500;
const LAST_PAUSE = 10_000;

/** @param url origin of the chat server */
export function createConnection(options: {
  url: string;
  token: string;
  handlers: ConnectionHandlers;
}): Connection {
  const { url, token, handlers } = options;
  let state: State = 'idle';
  let pause = FIRST_PAUSE;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const socket: Socket<ServerEvents, ClientEvents> = io(url, {
    auth: { token },
    autoConnect: false,
    forceNew: true,
    // WebSocket at once, long polling where something on the way does not let it through.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: FIRST_PAUSE,
    reconnectionDelayMax: LAST_PAUSE,
    randomizationFactor: 0.5,
  });

  function move(event: Event, code: Code | null = null): void {
    const next = table[state][event];
    if (next === state) return;
    state = next;
    handlers.state(state, code);
  }

  /** Socket.IO tries again by itself after network trouble, but not after an answer of the server. */
  function tryAgain(): void {
    clearTimeout(timer);
    timer = setTimeout(() => socket.connect(), pause * (0.5 + Math.random()));
    pause = Math.min(LAST_PAUSE, pause * 2);
  }

  socket.on('session', (session) => {
    pause = FIRST_PAUSE;
    handlers.session(session);
  });
  socket.on('history', (messages) => {
    handlers.history(messages, { epoch: '', seq: 0 });
    move('joined');
  });
  socket.on('chat message', (message) => handlers['chat message'](message));
  socket.on('disconnect', () => {
    move('lost');
    if (state !== 'closed' && !socket.active) tryAgain();
  });
  socket.on('connect_error', (error) => {
    const code = refusalCode(error);
    if (code !== null) {
      move('refuse', code);
      return;
    }
    move('lost');
    if (state !== 'closed' && !socket.active) tryAgain();
  });

  return {
    get state() {
      return state;
    },
    connect() {
      move('connect');
      if (state !== 'closed') socket.connect();
    },
    wake() {
      if (state !== 'waiting') return;
      clearTimeout(timer);
      // Leaves Socket.IO's own back-off, which may be seconds away.
      if (!socket.connected) socket.disconnect().connect();
    },
    close() {
      clearTimeout(timer);
      move('close');
      socket.disconnect();
      socket.off();
    },
    send: async ({ content, clientId, replyTo }) => {
      const payload = replyTo === null ? { content, clientId } : { content, clientId, replyTo };
      return socket.timeout(ACK_TIMEOUT).emitWithAck('chat message', payload);
    },
  };
}

/** The code of a refusal that trying again with the same token will not change; null for everything else. */
function refusalCode(error: Error): Code | null {
  const data = 'data' in error ? (error.data as { code?: unknown; retry?: unknown } | undefined) : undefined;
  if (data?.retry === 'later') return null;
  if (isCode(data?.code)) return data.code;
  return error.message === AUTHENTICATION_ERROR ? 'token_invalid' : null;
}
