/** The only place where the parts of the chat server meet: database, store, rooms, gateway, HTTP. */

import type { AddressInfo } from 'node:net';
import { startEmbeddedPostgres } from '@chatty/embedded-postgres';
import { createAuth } from './auth/auth.js';
import { createRefusalLog } from './auth/rejection-log.js';
import { ChangePoller } from './cluster/change-poller.js';
import type { Config } from './config/config.js';
import { createDoctor } from './doctor/token-doctor.js';
import { createGateway } from './gateway/gateway.js';
import { createHandshake } from './gateway/handshake.js';
import { createSessions } from './gateway/sessions.js';
import { registerAdminApi } from './http/api/index.js';
import { createClientAddressResolver } from './http/client-address.js';
import { enforceHttpDeadlines, type HttpDeadlines } from './http/http-connections.js';
import { createHttpServer } from './http/http-server.js';
import { listenErrorMessage } from './http/listen-error.js';
import { readWidgetAssets, type WidgetAssets } from './http/widget-assets.js';
import { createTrafficLimits } from './limits/traffic-limits.js';
import { createMessages } from './messages/messages.js';
import { createRoomPermissions } from './messages/permissions.js';
import { createPostingPolicy } from './messages/posting-policy.js';
import { createDisplayNames } from './moderation/display-names.js';
import { createModeration } from './moderation/moderation.js';
import { createModerationState } from './moderation/moderation-state.js';
import { createWordFilters } from './moderation/word-filters.js';
import { createProjects } from './projects/projects.js';
import { createSecretCipher } from './projects/secret-encryption.js';
import { createRooms } from './rooms/rooms.js';
import { monotonicTime } from './runtime/clocks.js';
import type { Log } from './runtime/logger.js';
import { StartError } from './runtime/startup-error.js';
import { createTimeSlicer } from './runtime/time-slicer.js';
import { UnavailableError } from './runtime/unavailable-error.js';
import { migrate } from './store/postgres/migrate.js';
import { createPostgresStore } from './store/postgres/postgres-store.js';
import type { Store } from './store/store.js';
import { attachSocketIo } from './transport/socketio-server.js';
import { attachWebSockets } from './transport/websocket-server.js';

/** Takes back what a start has done, the last first. */
type Disposers = (() => Promise<void>)[];

export type App = {
  port: number;
  /** Stops taking work, finishes what is being stored, lets everything go. Idempotent. */
  close(): Promise<void>;
};

/** Between two tries to read what the server has to know, in milliseconds. */
const RETRY_PAUSE_MS = 250;
/** Clients that may queue for the accept call; with the default of 511, 5,000 reconnecting ones take three times as long. */
const LISTEN_BACKLOG = 4_096;

/**
 * @param progress is told in a sentence what takes long
 * @throws StartError with one sentence for the person who starts the server
 */
export async function startApp(options: {
  config: Config;
  log: Log;
  progress: (sentence: string) => void;
  httpDeadlines?: HttpDeadlines;
}): Promise<App> {
  const { config, log, progress, httpDeadlines: deadlines } = options;
  const disposers: Disposers = [];
  const close = async () => {
    for (let dispose = disposers.pop(); dispose; dispose = disposers.pop()) await dispose();
  };
  try {
    const widget = await readWidgetAssets();
    const store = await openStore(config, log, progress, disposers);
    const port = await assembleServer({
      config,
      log,
      store,
      widget,
      disposers,
      ...(deadlines && { deadlines }),
    });
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStore(
  config: Config,
  log: Log,
  progress: (sentence: string) => void,
  disposers: Disposers,
) {
  let connection = config.database;
  if (connection === null) {
    const report = (level: 'info' | 'warn' | 'error', message: string) => log[level](message);
    const embedded = await startEmbeddedPostgres({ folder: config.dataFolder, log: report, progress });
    disposers.push(embedded.close);
    connection = embedded.connection;
  }
  await migrate(connection, config.databaseWaitSeconds, progress);
  const store = createPostgresStore({ config: connection, log });
  disposers.push(store.close);
  return store;
}

/** Who may do what: what the database says of projects and of order, and what follows for a token and a text. */
async function createAccessControl(config: Config, store: Store, log: Log, disposers: Disposers) {
  const vault = config.secretEncryptionKey === null ? null : createSecretCipher(config.secretEncryptionKey);
  const loadWhenAvailable = <Result>(work: () => Promise<Result>) =>
    untilAvailable(config.databaseWaitSeconds, work);
  const projects = await loadWhenAvailable(() =>
    createProjects({
      records: store.projects,
      secretCipher: vault,
      sharedKey: config.jwtSecret,
      allowUnregistered: config.allowUnregisteredProjects,
      origins: config.allowedOrigins,
      guestProjects: config.guestProjects,
      production: config.production,
      log,
    }),
  );
  disposers.push(projects.close);
  const timeSlicer = createTimeSlicer();
  const moderationState = await loadWhenAvailable(() =>
    createModerationState({ records: store.moderation, slices: timeSlicer, log }),
  );
  disposers.push(async () => moderationState.close());
  const filters = createWordFilters({ projects, slices: timeSlicer });
  const permissions = createRoomPermissions({ moderationState, projects });
  const postingPolicy = createPostingPolicy({ permissions, moderationState, wordFilters: filters, store });
  const naming = createDisplayNames({ projects, moderationState, slices: timeSlicer });
  const rules = {
    requireExpiry: config.production,
    maxLifetimeHours: config.tokenMaxHours,
    allowLocalHttp: !config.production,
  };
  const auth = createAuth({ projects, moderationState, displayNames: naming, ...rules });
  const doctor = createDoctor({ auth, permissions, projects, rules });
  return { vault, projects, moderationState, permissions, postingPolicy, auth, doctor, timeSlicer };
}

/** A database that ends its connections or starts anew meanwhile does not end the start. */
async function untilAvailable<Result>(waitSeconds: number, work: () => Promise<Result>): Promise<Result> {
  const deadline = monotonicTime() + waitSeconds * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (monotonicTime() >= deadline || !(error instanceof UnavailableError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }
}

async function assembleServer(dependencies: {
  config: Config;
  log: Log;
  store: Store;
  widget: WidgetAssets;
  disposers: Disposers;
  deadlines?: HttpDeadlines;
}): Promise<number> {
  const { config, log, store, widget, disposers, deadlines } = dependencies;
  let draining = false;
  const accessControl = await createAccessControl(config, store, log, disposers);
  const { projects, moderationState, permissions, postingPolicy, auth } = accessControl;
  const trafficLimits = createTrafficLimits(config, projects, log);
  const { connectionLimits, packetBudget, cooldowns, rateLimits } = trafficLimits;
  const { trustedProxyHops: trustedHops } = config.limits;
  const addressResolver = createClientAddressResolver({ trustedHops, log });
  const rooms = createRooms({ store, permissions, log });
  const freshness = new ChangePoller({
    versions: store.versions,
    caches: { projects, order: moderationState },
    catchUp: rooms.catchUp,
    log,
  });
  disposers.push(async () => freshness.close());
  const notReadyReason = () => {
    if (draining) return 'The server is about to stop.';
    if (!freshness.isFresh()) return 'The database does not answer.';
    return store.writability.refusesWrites ? 'The database refuses what is written.' : null;
  };
  const http = createHttpServer({ widget, notReadyReason, log, ...(deadlines && { deadlines }) });
  const { publish } = rooms;
  const messages = createMessages({ store, permissions, postingPolicy, freshness, publish });
  const moderation = createModeration({ records: store.moderation, moderationState, projects, publish, log });
  const sessions = createSessions({ auth, permissions });
  projects.onChange(sessions.recheck);
  moderationState.onChange(sessions.recheck);
  const refusalLog = createRefusalLog({ projects });
  if (config.adminKey !== null)
    registerAdminApi({
      http,
      adminKey: config.adminKey,
      store,
      ...accessControl,
      moderation,
      addressResolver,
      refusalLog,
      log,
    });
  const handshake = createHandshake({
    auth,
    permissions,
    connectionLimits,
    cooldowns,
    rateLimits,
    refusalLog,
    freshness,
    log,
  });
  const gateway = createGateway({
    handshake,
    rooms,
    sessions,
    permissions,
    messages,
    moderation,
    rateLimits,
    refusalLog,
    freshness,
    log,
  });
  const connectionContext = { connectionLimits, gateway, packetBudget };
  const { server } = http;
  const socketIo = attachSocketIo({
    server,
    addressResolver,
    ...connectionContext,
    knowsOrigin: projects.isKnownOrigin,
    log,
  });
  const httpConnections = enforceHttpDeadlines({ server, log, ...(deadlines && { deadlines }) });
  const webSockets = attachWebSockets({
    server,
    httpConnections,
    addressResolver,
    context: connectionContext,
  });
  disposers.push(async () => {
    draining = true;
    sessions.drain();
    sessions.close();
    connectionLimits.close();
    rooms.close();
    webSockets.close();
    await socketIo.close();
    await http.close();
    // Last: what ends late is waited for above, and destroyed by this.
    httpConnections.close();
  });
  try {
    await http.listen({ host: config.host, port: config.port, backlog: LISTEN_BACKLOG });
  } catch (error) {
    throw new StartError(listenErrorMessage(error, config), { cause: error });
  }
  return (http.server.address() as AddressInfo).port;
}
