/** Decides how many connections there may be, and from where: of strangers, of each member, address and project. */

import type { Limits } from '../config/limit-settings.js';
import { type Engine, hangUp, letGo } from '../connections/send-queue.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type { Penalties } from './cooldowns.js';
import { createLimit, type Limit } from './token-bucket.js';

/** Somebody who has said who they are; `key` null: a guest. */
export type Bearer = { project: string; key: string | null };

export type Gate = {
  /** Whether a connection may begin: asked before it costs anything, and not explained, since nothing can be yet. */
  admits(address: string | null): boolean;
  /** A connection has begun; it counts as a stranger's. */
  begins(engine: Engine, address: string | null): void;
  /** It has ended, from whichever side. */
  ends(engine: Engine): void;
  /** It, or the WebSocket that it goes over, brings more packets than anybody needs, and is ended by whoever says so. */
  flooded(connection: Engine | { channel: unknown }): void;
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
  limits: Limits;
  byAddress: Limit;
  placesOf: (project: string) => number;
  penalties: Penalties;
  log: Log;
  now?: () => number;
}): Gate {
  const { limits, byAddress, placesOf, penalties, log, now = monotonicTime } = options;
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

  function flooded(connection: Engine | { channel: unknown }): void {
    const visit = 'channel' in connection ? visitOver(connection.channel) : visits.get(connection);
    if (visit === undefined) return;
    const { bearer, address } = visit;
    note('too many packets', { address, project: bearer?.project });
    if (bearer === null) forged(address);
    else if (bearer.key !== null) penalties.send(bearer.key);
  }

  /** It is looked for among all only now: kept with each of them it would cost everybody. */
  function visitOver(channel: unknown): Visit | undefined {
    for (const visit of visits.values()) if (visit.engine.transport.socket === channel) return visit;
    return undefined;
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

  function ends(engine: Engine): void {
    const visit = visits.get(engine);
    if (visit === undefined) return;
    visits.delete(engine);
    count(visit, -1);
    letGo(engine);
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
    admits(address) {
      const reason = faultOf(address);
      if (reason !== null) note(reason, { address });
      return reason === null;
    },
    begins(engine, address) {
      const visit: Visit = { engine, address, since: now(), bearer: null };
      visits.set(engine, visit);
      count(visit, 1);
    },
    ends,
    flooded,
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
