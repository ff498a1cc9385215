/** Decides how the parts of a connection work together: it follows the room while connected and reconnects when it is lost. */

import type { HandshakeAuth, Message, ServerEvents, Session } from '@chatty/protocol';
import type { Clock } from './clock.js';
import { Connection } from './connection.js';
import type { ConnectionState } from './connection-states.js';
import { createCredentials } from './credentials.js';
import { createHistoryLoader } from './history-loader.js';
import { createLogSync, type LogSync } from './log-sync.js';
import type { TimedRefusal } from './refusal.js';
import type { SendRequest, SocketIoFactory } from './socketio-client.js';
import type { PageKind, Timeline } from './timeline.js';
import { startWakeDetector } from './wake-detector.js';

export type RoomConnection = {
  readonly state: ConnectionState;
  readonly refusal: TimedRefusal | null;
  connect(): void;
  reconnectNow(): void;
  setToken(token: string | null): void;
  loadPage(page: PageKind): Promise<void>;
  loadAround(id: number): Promise<void>;
  request: SendRequest;
  close(): void;
};

export type RoomConnectionOptions = {
  url: string;
  token: string | null;
  projectId: string | undefined;
  room: string | undefined;
  tokenProvider: (() => Promise<string>) | undefined;
  createSocket: SocketIoFactory;
  clock: Clock;
  timeline: Timeline;
  /** The timeline changed; `newMessages` are those that this client has not had before. */
  onChange: (newMessages: readonly Message[]) => void;
  onStateChange: (state: ConnectionState, refusal: TimedRefusal | null) => void;
  onSession: (session: Session) => void;
  onPresence: (count: number) => void;
  onTyping: ServerEvents['typing'];
  onPermissions: ServerEvents['permissions'];
};

/** After this long without an event the client asks for one: the server sends a head every 10 s. */
const SILENCE_MS = 12_000;

export function createRoomConnection(options: RoomConnectionOptions): RoomConnection {
  const { clock, timeline, onChange } = options;
  const credentials = createCredentials({ token: options.token, provider: options.tokenProvider, clock });
  let lastEventAt = 0;
  let stopWakeDetector = () => {};

  const connection = new Connection({
    ...options,
    auth: () => handshakeAuth(options, credentials.token, logSync),
    credentials,
    onChange(state, refusal) {
      if (state === 'waiting' || state === 'refused') logSync.onDisconnect();
      options.onStateChange(state, refusal);
      refreshStale();
    },
    onEvent(name, ...values) {
      lastEventAt = clock.now();
      const handler = eventHandlers[name] as ((...values: unknown[]) => void) | undefined;
      handler?.(...values);
    },
  });
  const { request } = connection;
  const logSync = createLogSync({
    ...options,
    request,
    onChange(newMessages) {
      onChange(newMessages);
      refreshStale();
    },
    onCaughtUp: () => connection.markCaughtUp(),
    abortConnection: () => connection.abort(),
  });
  const eventHandlers = createEventHandlers(options, connection, logSync);
  const historyLoader = createHistoryLoader({ timeline, request, onChange: () => onChange([]) });

  function refreshStale(): void {
    if (connection.state === 'live') void historyLoader.refreshStale();
  }

  function reconnectNow(): void {
    connection.reconnectNow();
    if (connection.state === 'live') logSync.checkForGap();
  }

  function checkHealth(): void {
    if (connection.state === 'live' && clock.now() - lastEventAt > SILENCE_MS) logSync.checkForGap();
    if (credentials.shouldRenew()) void credentials.renew();
  }

  return {
    get state() {
      return connection.state;
    },
    get refusal() {
      return connection.refusal;
    },
    connect() {
      if (connection.state === 'idle')
        stopWakeDetector = startWakeDetector({ clock, onTick: checkHealth, onWake: reconnectNow });
      connection.connect();
    },
    reconnectNow,
    setToken(next) {
      if (next === credentials.token) return;
      credentials.setToken(next);
      if (connection.state !== 'idle' && connection.state !== 'closed') connection.reconnect();
    },
    loadPage: historyLoader.loadPage,
    loadAround: historyLoader.loadAround,
    request,
    close() {
      stopWakeDetector();
      connection.close();
    },
  };
}

function handshakeAuth(
  { projectId, room }: RoomConnectionOptions,
  token: string | null,
  { position, last }: LogSync,
): HandshakeAuth {
  const after = position && { ...position, ...(last && { last }) };
  return { token, projectId, room, batch: true, ...(after && { after }) };
}

function createEventHandlers(
  options: RoomConnectionOptions,
  connection: Connection,
  logSync: LogSync,
): Partial<ServerEvents> {
  return {
    session: options.onSession,
    history: logSync.applyHistory,
    messages: logSync.applyFrame,
    head: logSync.setHead,
    presence: ({ count }) => options.onPresence(count),
    typing: options.onTyping,
    permissions: options.onPermissions,
    refused(refusal) {
      if (refusal.event === 'connection') connection.disconnectWithRefusal(refusal);
    },
    draining: ({ delay }) => connection.reconnectWithin(delay),
  };
}
