/** The only place where the parts of the chat server meet: database, store, rooms, gateway, HTTP. */

import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { startEmbedded } from '@chatty/embedded-postgres/index';
import { createAuth } from './auth/auth.js';
import { createRefusals } from './auth/rejection-log.js';
import { createWatch } from './cluster/change-poller.js';
import type { Config } from './config/config.js';
import { createDoctor } from './doctor/token-doctor.js';
import { createGateway } from './gateway/gateway.js';
import { createHandshakes } from './gateway/handshake.js';
import { createSessions } from './gateway/sessions.js';
import { openAdmin } from './http/api/index.js';
import { createAddresses } from './http/client-address.js';
import { guardHttpConnections, type HttpDeadlines } from './http/http-connections.js';
import { createHttp, type Widget } from './http/http-server.js';
import { createGate } from './limits/connection-limits.js';
import { createPenalties } from './limits/cooldowns.js';
import { createShares } from './limits/rate-limits.js';
import { createLimit } from './limits/token-bucket.js';
import { createMessages } from './messages/messages.js';
import { createConduct } from './messages/permissions.js';
import { createNaming } from './moderation/display-names.js';
import { createModeration } from './moderation/moderation.js';
import { createOrder } from './moderation/moderation-state.js';
import { createFilters } from './moderation/word-filters.js';
import { createProjects, type Projects } from './projects/projects.js';
import { createVault } from './projects/secret-encryption.js';
import { createRooms } from './rooms/rooms.js';
import { monotonicTime } from './runtime/clocks.js';
import type { Log } from './runtime/logger.js';
import { StartError } from './runtime/startup-error.js';
import { createSlices } from './runtime/time-slicer.js';
import { migrate } from './store/postgres/migrate.js';
import { createPostgresStore } from './store/postgres/postgres-store.js';
import { type Store, Unavailable } from './store/store.js';
import { openSocketIo } from './transport/socketio-server.js';
import { openWebSockets } from './transport/websocket-server.js';

/** Takes back what a start has done, the last first. */
type Undo = (() => Promise<void>)[];

export type App = {
  port: number;
  /** Stops taking work, finishes what is being stored, lets everything go. Idempotent. */
  close(): Promise<void>;
};

/** Where `npm run build` leaves the widget. */
const WIDGET = new URL('../../widget/dist/', import.meta.url);
/** Between two tries to read what the server has to know, in milliseconds. */
const RETRY_PAUSE_MS = 250;
/** Clients that may queue for the accept call; with the default of 511, 5,000 reconnecting ones take three times as long. */
const BACKLOG = 4_096;

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
  const undo: Undo = [];
  const close = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const widget = await readWidget();
    const store = await openStore(config, log, progress, undo);
    const port = await listen({ config, log, store, widget, undo, ...(deadlines && { deadlines }) });
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openStore(config: Config, log: Log, progress: (sentence: string) => void, undo: Undo) {
  let connection = config.database;
  if (connection === null) {
    const report = (level: 'info' | 'warn' | 'error', message: string) => log[level](message);
    const embedded = await startEmbedded({ folder: config.dataFolder, log: report, progress });
    undo.push(embedded.close);
    connection = embedded.connection;
  }
  await migrate(connection, config.databaseWaitSeconds, progress);
  const store = createPostgresStore({ connection, log });
  undo.push(store.close);
  return store;
}

/** Who may do what: what the database says of projects and of order, and what follows for a token and a text. */
async function createJudgement(config: Config, store: Store, log: Log, undo: Undo) {
  const vault = config.secretsKey === null ? null : createVault(config.secretsKey);
  const read = <Result>(work: () => Promise<Result>) => untilAvailable(config.databaseWaitSeconds, work);
  const projects = await read(() =>
    createProjects({
      records: store.projects,
      vault,
      founding: config.jwtSecret,
      unlisted: config.unlistedProjects,
      origins: config.allowedOrigins,
      guestProjects: config.guestProjects,
      production: config.production,
      log,
    }),
  );
  undo.push(projects.close);
  const slices = createSlices();
  const order = await read(() => createOrder({ records: store.order, slices, log }));
  undo.push(async () => order.close());
  const filters = createFilters({ projects, slices });
  const conduct = createConduct({ order, projects, filters, store });
  const naming = createNaming({ projects, order, slices });
  const rules = {
    requireExpiry: config.production,
    maxHours: config.tokenMaxHours,
    allowLocalHttp: !config.production,
  };
  const auth = createAuth({ projects, order, naming, ...rules });
  const doctor = createDoctor({ auth, conduct, projects, rules });
  return { vault, projects, order, conduct, auth, doctor, slices };
}

/** A database that ends its connections or starts anew meanwhile does not end the start. */
async function untilAvailable<Result>(waitSeconds: number, work: () => Promise<Result>): Promise<Result> {
  const deadline = monotonicTime() + waitSeconds * 1_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (monotonicTime() >= deadline || !(error instanceof Unavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }
}

async function listen(parts: {
  config: Config;
  log: Log;
  store: Store;
  widget: Widget;
  undo: Undo;
  deadlines?: HttpDeadlines;
}): Promise<number> {
  const { config, log, store, widget, undo, deadlines } = parts;
  let draining = false;
  const judgement = await createJudgement(config, store, log, undo);
  const { projects, order, conduct, auth } = judgement;
  const { gate, budget, ...limits } = createLimits(config, projects, log);
  const rooms = createRooms({ store, conduct, log });
  const freshness = createWatch({
    versions: store.versions,
    watched: { projects, order },
    catchUp: rooms.catchUp,
    log,
  });
  undo.push(async () => freshness.close());
  const unreadiness = () => {
    if (draining) return 'The server is about to stop.';
    if (!freshness.isFresh()) return 'The database does not answer.';
    return store.writability.refused ? 'The database refuses what is written.' : null;
  };
  const http = await createHttp({ widget, unreadiness, log, ...(deadlines && { deadlines }) });
  const { publish } = rooms;
  const messages = createMessages({ store, conduct, freshness, publish });
  const moderation = createModeration({ records: store.order, order, projects, publish, log });
  const sessions = createSessions({ auth, conduct });
  projects.onChange(sessions.review);
  order.onChange(sessions.review);
  const refusals = createRefusals({ projects });
  const { addresses, shares } = limits;
  if (config.adminKey !== null)
    openAdmin({ http, key: config.adminKey, store, ...judgement, moderation, addresses, refusals, log });
  const handshake = createHandshakes({ auth, conduct, gate, ...limits, refusals, freshness, log });
  const gateway = createGateway({
    handshake,
    rooms,
    sessions,
    conduct,
    messages,
    moderation,
    shares,
    refusals,
    freshness,
    log,
  });
  const lines = { gate, gateway, budget };
  const { server } = http;
  const socketIo = openSocketIo({ server, addresses, ...lines, knowsOrigin: projects.knowsOrigin, log });
  const connections = guardHttpConnections({ server, log, ...(deadlines && { deadlines }) });
  const webSockets = openWebSockets({ server, connections, addresses, lines });
  undo.push(async () => {
    draining = true;
    sessions.drain();
    sessions.close();
    gate.close();
    rooms.close();
    webSockets.close();
    await socketIo.close();
    await http.close();
    // Last: what ends late is waited for above, and destroyed by this.
    connections.close();
  });
  try {
    await http.listen({ host: config.host, port: config.port, backlog: BACKLOG });
  } catch (error) {
    throw new StartError(listenFault(error, config), { cause: error });
  }
  return (http.server.address() as AddressInfo).port;
}

function createLimits(config: Config, projects: Projects, log: Log) {
  const { limits } = config;
  const send = { burst: config.sendBurst, perSecond: config.sendPerSecond };
  const settingsOf = (project: string) => projects.get(project)?.settings;
  const byAddress = createLimit({ burst: limits.addressBurst, perSecond: limits.addressPerSecond });
  const addresses = createAddresses({ hops: limits.trustedProxyHops, log });
  const penalties = createPenalties({
    allowed: limits.refusalsAllowed,
    coolDownSeconds: limits.coolDownSeconds,
  });
  const budget = {
    burst: limits.packetBurst + send.burst + limits.readBurst,
    perSecond: limits.packetsPerSecond + send.perSecond + limits.readPerSecond,
  };
  const gate = createGate({
    limits,
    byAddress,
    placesOf: (project) => settingsOf(project)?.connections ?? limits.connectionsPerProject,
    penalties,
    log,
  });
  const shares = createShares({
    send,
    limits,
    byAddress,
    perSecondOf: (project) => settingsOf(project)?.perSecond ?? limits.projectPerSecond,
    penalties,
  });
  return { addresses, budget, gate, penalties, shares };
}

async function readWidget(): Promise<Widget> {
  try {
    const loader = await readFile(new URL('widget.js', WIDGET));
    const parts = new Map<string, Buffer>();
    for (const name of await readdir(new URL('widget/', WIDGET)))
      parts.set(name, await readFile(new URL(`widget/${name}`, WIDGET)));
    return { loader, parts };
  } catch (error) {
    throw new StartError('The widget has not been built: run "npm run build" first.', { cause: error });
  }
}

/** Why a server could not listen, in a sentence; the demo hosts say it the same way. */
export function listenFault(
  error: unknown,
  { host, port }: { host: string; port: number },
  setting = 'PORT',
): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program: stop it, or set ${setting} to a free port.`;
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this user has: set ${setting} to one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST "${host}" is not an address of this machine.`;
  return `The server could not listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}.`;
}
