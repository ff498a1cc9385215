/** Decides what the parts of a connection do for each other: it follows the room while it stands, and stands again when it fell. */

import type { Message, ServerEvents, Session } from '@chatty/protocol';
import type { Clock } from './clock.js';
import { createConnection } from './connection.js';
import type { ConnectionState } from './connection-states.js';
import { createCredentials } from './credentials.js';
import { createHistoryLoader } from './history-loader.js';
import { createLogSync } from './log-sync.js';
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

/** A connection on which nothing was heard for so long, in milliseconds, is asked whether it stands: a head is due each 10 s. */
const SILENCE_MS = 12_000;

export function createRoomConnection(options: {
  url: string;
  token: string | null;
  projectId: string | undefined;
  room: string | undefined;
  tokenProvider: (() => Promise<string>) | undefined;
  createSocket: SocketIoFactory;
  clock: Clock;
  timeline: Timeline;
  /** The timeline changed; `fresh` are the messages this client has not had before. */
  onChange: (newMessages: readonly Message[]) => void;
  onStateChange: (state: ConnectionState, refusal: TimedRefusal | null) => void;
  onSession: (session: Session) => void;
  onPresence: (count: number) => void;
  onTyping: ServerEvents['typing'];
  onPermissions: ServerEvents['permissions'];
}): RoomConnection {
  const {
    url,
    token,
    projectId,
    room,
    tokenProvider: provider,
    createSocket,
    clock,
    timeline,
    onChange,
  } = options;
  const credentials = createCredentials({ token, provider, clock });
  let lastEventAt = 0;
  let stopWakeDetector: (() => void) | null = null;

  const connection = createConnection({
    createSocket,
    url,
    auth() {
      const { position, last } = logSync;
      const after = position && { ...position, ...(last && { last }) };
      return { token: credentials.token, projectId, room, batch: true, ...(after && { after }) };
    },
    credentials,
    clock,
    onChange(state, refusal) {
      if (state === 'waiting' || state === 'refused') logSync.onDisconnect();
      options.onStateChange(state, refusal);
      refreshStale();
    },
    onEvent(name, ...values) {
      lastEventAt = clock.now();
      const listener = listeners[name] as ((...values: unknown[]) => void) | undefined;
      listener?.(...values);
    },
  });
  const { request } = connection;
  const logSync = createLogSync({
    timeline,
    request,
    clock,
    onChange(newMessages) {
      onChange(newMessages);
      refreshStale();
    },
    onCaughtUp: connection.markCaughtUp,
    abortConnection: connection.abort,
  });
  const historyLoader = createHistoryLoader({ timeline, request, onChange: () => onChange([]) });

  const listeners: Partial<ServerEvents> = {
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
      stopWakeDetector?.();
      connection.close();
    },
  };
}
