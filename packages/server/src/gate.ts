/** Decides how many connections there may be, and from where: of strangers, of each member, address and project. */

import type { IncomingMessage } from 'node:http';
import type { Addresses } from './addresses.js';
import { type Budget, guard, guardChannel } from './guard.js';
import type { Limits } from './limit-settings.js';
import { createLimit, type Limit } from './limits.js';
import type { Log } from './log.js';
import { type Engine, hangUp, letGo } from './outlet.js';
import type { Penalties } from './penalties.js';

/** What is used of Engine.IO's connections, and of the server that makes them. */
export type Connection = Parameters<typeof guard>[0] & {
  readonly request: IncomingMessage;
  once(name: 'close', listener: () => void): unknown;
};
type Connections = {
  on(name: 'connection', listener: (connection: Connection) => void): unknown;
  on(name: 'headers', listener: (headers: object, request: IncomingMessage) => void): unknown;
};

/** Somebody who has said who they are; `key` null: a guest. */
export type Bearer = { project: string; key: string | null };

export type Gate = {
  /** Whether a connection may begin: asked before it costs anything, and not explained, since nothing can be yet. */
  admits(request: IncomingMessage): boolean;
  /** Watches over every connection that begins from now on. */
  watch(connections: Connections): void;
  /** Whole milliseconds until the address may show a token again; 0: now. */
  wait(address: string | null): number;
  /** A token that the address has shown was forged, or made up. */
  forged(address: string | null): void;
  /** Gives the connection a place until it ends. Answers false where the member, the address or the project has no more. */
  seat(engine: Engine, bearer: Bearer): boolean;
  close(): void;
};

/** What is known of a connection. A stranger has no bearer. */
type Visit = { engine: Engine; address: string | null; since: number; bearer: Bearer | null };

/** Time in milliseconds that a stranger has to say who they are. */
const PATIENCE = 5_000;
const LOOK = 500;
/** What a connection costs an address, in events. */
const CONNECTION_COST = 10;
/** A crowd behind one address may show more forged tokens: as many again for this many members that are here. */
const CROWD = 10;
/** Lines of the log for refusals at the gate, of which a flood is made. */
const LINES = { burst: 5, perSecond: 0.1 };

/**
 * @param byAddress events of each address
 * @param placesOf connections that a project may have
 */
export function createGate(options: {
  addresses: Addresses;
  limits: Limits;
  budget: Budget;
  byAddress: Limit;
  placesOf: (project: string) => number;
  penalties: Penalties;
  log: Log;
  now?: () => number;
}): Gate {
  const { addresses, limits, budget, byAddress, placesOf, penalties, log, now = Date.now } = options;
  const visits = new Map<Engine, Visit>();
  const strangers = new Set<Visit>();
  const strangersOf = createCount();
  const seatsOf = { address: createCount(), user: createCount(), project: createCount() };
  const perMinute = limits.badTokensPerMinute;
  const forgeries = createLimit({ burst: perMinute, perSecond: perMinute / 60, now });
  const lines = createLimit({ ...LINES, now });

  function note(reason: string, more: object): void {
    if (lines.take(reason) === 0) log.info({ reason, ...more }, 'a connection was turned away');
  }

  function faultOf(address: string | null): string | null {
    if (strangers.size >= limits.strangers) return 'too many strangers';
    if (address === null) return null;
    if (strangersOf.of(address) >= limits.strangersPerAddress) return 'too many strangers of one address';
    if (forgeries.wait(address, forgeryOf(address)) > 0) return 'too many forged tokens from one address';
    return byAddress.take(address, CONNECTION_COST) > 0 ? 'too much from one address' : null;
  }

  const forgeryOf = (address: string) => 1 / (1 + seatsOf.address.of(address) / CROWD);

  function forged(address: string | null): void {
    if (address !== null) forgeries.take(address, forgeryOf(address));
  }

  function flooded({ bearer, address }: Visit): void {
    note('too many packets', { address, project: bearer?.project });
    if (bearer === null) forged(address);
    else if (bearer.key !== null) penalties.send(bearer.key);
  }

  /** It is looked for among all only now: kept with each of them it would cost everybody. */
  function channelFlooded(channel: unknown): void {
    for (const visit of visits.values()) if (visit.engine.transport.socket === channel) flooded(visit);
  }

  function count(visit: Visit, more: 1 | -1): void {
    const { bearer, address } = visit;
    if (bearer === null) {
      if (more === 1) strangers.add(visit);
      else strangers.delete(visit);
      strangersOf.add(address, more);
      return;
    }
    seatsOf.address.add(address, more);
    seatsOf.user.add(bearer.key, more);
    seatsOf.project.add(bearer.project, more);
  }

  function begin(engine: Connection): void {
    const visit: Visit = { engine, address: addresses.of(engine.request), since: now(), bearer: null };
    visits.set(engine, visit);
    count(visit, 1);
    engine.once('close', () => {
      visits.delete(engine);
      count(visit, -1);
      letGo(engine);
    });
    guard(engine, budget, () => flooded(visit));
  }

  function fullOf(address: string | null, { key, project }: Bearer): string | null {
    if (key !== null && seatsOf.user.of(key) >= limits.connectionsPerUser)
      return 'too many connections of a member';
    if (address !== null && seatsOf.address.of(address) >= limits.connectionsPerAddress)
      return 'too many connections of one address';
    return seatsOf.project.of(project) >= placesOf(project) ? 'too many connections of a project' : null;
  }

  const looking = setInterval(() => {
    const time = now();
    for (const { engine, since } of strangers) {
      if (time - since < PATIENCE) break;
      hangUp(engine);
    }
  }, LOOK);

  return {
    admits(request) {
      const address = addresses.of(request);
      const reason = faultOf(address);
      if (reason !== null) note(reason, { address });
      return reason === null;
    },
    watch(connections) {
      connections.on('connection', begin);
      // A request becomes a WebSocket right after its headers were written.
      connections.on('headers', (_headers, request) => {
        if (request.headers.upgrade !== undefined)
          process.nextTick(guardChannel, request, budget, channelFlooded);
      });
    },
    wait: (address) => (address === null ? 0 : forgeries.wait(address, forgeryOf(address))),
    forged,
    seat(engine, bearer) {
      const visit = visits.get(engine);
      // It ended meanwhile, or says once more who it is.
      if (visit === undefined || visit.bearer !== null) return false;
      const reason = fullOf(visit.address, bearer);
      if (reason !== null) {
        note(reason, { address: visit.address, project: bearer.project });
        return false;
      }
      count(visit, -1);
      visit.bearer = bearer;
      count(visit, 1);
      return true;
    },
    close: () => clearInterval(looking),
  };
}

/** How many each key has of something, as long as it has any. */
function createCount() {
  const held = new Map<string, number>();
  return {
    of: (key: string) => held.get(key) ?? 0,
    add(key: string | null, more: 1 | -1) {
      if (key === null) return;
      const count = (held.get(key) ?? 0) + more;
      if (count > 0) held.set(key, count);
      else held.delete(key);
    },
  };
}
