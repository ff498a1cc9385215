/** Decides how many connections there may be, and from where: of strangers, of each member, address and project. */

import type { LimitConfig } from '../config/limit-settings.js';
import { type TransportConnection, terminate, terminateAfterGrace } from '../connections/send-queue.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type { Cooldowns } from './cooldowns.js';
import { createTokenBuckets, type TokenBuckets } from './token-bucket.js';

/** Somebody who has said who they are; `key` null: a guest. */
export type ConnectionOwner = { project: string; rateKey: string | null };

export type ConnectionLimits = {
  /** Whether a connection may begin: asked before it costs anything, and not explained, since nothing can be yet. */
  allowsConnection(address: string | null): boolean;
  /** A connection has begun; it counts as a stranger's. */
  opened(connection: TransportConnection, address: string | null): void;
  /** It has ended, from whichever side. */
  closed(connection: TransportConnection): void;
  /** It, or the WebSocket that it goes over, brings more packets than anybody needs, and is ended by whoever says so. */
  reportFlood(connection: TransportConnection | { channel: unknown }): void;
  /** Whole milliseconds until the address may show a token again; 0: now. */
  retryAfter(address: string | null): number;
  /** A token that the address has shown was forged, or made up. */
  reportInvalidToken(address: string | null): void;
  /** Gives the connection a place until it ends. Answers false where the member, the address or the project has no more. */
  claimSlot(connection: TransportConnection, owner: ConnectionOwner): boolean;
  close(): void;
};

/** What is known of a connection. A stranger has no bearer. */
type TrackedConnection = {
  connection: TransportConnection;
  address: string | null;
  openedAt: number;
  owner: ConnectionOwner | null;
};

/** Time in milliseconds that a stranger has to say who they are. */
const AUTH_TIMEOUT_MS = 5_000;
const AUTH_CHECK_INTERVAL_MS = 500;
/** What a connection costs an address, in events. */
const CONNECTION_COST_EVENTS = 10;
/** A crowd behind one address may show more forged tokens: as many again for this many members that are here. */
const MEMBERS_PER_EXTRA_TOKEN_ALLOWANCE = 10;
/** Lines of the log for refusals at the gate, of which a flood is made. */
const LOG_RATE = { burst: 5, perSecond: 0.1 };

/**
 * @param byAddress events of each address
 * @param placesOf connections that a project may have
 */
export function createConnectionLimits(options: {
  limits: LimitConfig;
  addressBuckets: TokenBuckets;
  maxConnectionsOf: (project: string) => number;
  cooldowns: Cooldowns;
  log: Log;
  now?: () => number;
}): ConnectionLimits {
  const { limits, addressBuckets, maxConnectionsOf, cooldowns, log, now = monotonicTime } = options;
  const trackedConnections = new Map<TransportConnection, TrackedConnection>();
  const unauthenticated = new Set<TrackedConnection>();
  const unauthenticatedByAddress = createCounter();
  const slotCounts = { address: createCounter(), user: createCounter(), project: createCounter() };
  const perMinute = limits.invalidTokensPerMinute;
  const invalidTokenBuckets = createTokenBuckets({ burst: perMinute, perSecond: perMinute / 60, now });
  const logBuckets = createTokenBuckets({ ...LOG_RATE, now });

  function logRejection(reason: string, details: object): void {
    if (logBuckets.take(reason) === 0) log.info({ reason, ...details }, 'a connection was turned away');
  }

  function rejectionReasonOf(address: string | null): string | null {
    if (unauthenticated.size >= limits.unauthenticatedConnections)
      return 'too many unauthenticated connections';
    if (address === null) return null;
    if (unauthenticatedByAddress.of(address) >= limits.unauthenticatedConnectionsPerAddress)
      return 'too many unauthenticated connections from one address';
    if (invalidTokenBuckets.retryAfter(address, invalidTokenCostOf(address)) > 0)
      return 'too many forged tokens from one address';
    return addressBuckets.take(address, CONNECTION_COST_EVENTS) > 0 ? 'too much from one address' : null;
  }

  const invalidTokenCostOf = (address: string) =>
    1 / (1 + slotCounts.address.of(address) / MEMBERS_PER_EXTRA_TOKEN_ALLOWANCE);

  function reportInvalidToken(address: string | null): void {
    if (address !== null) invalidTokenBuckets.take(address, invalidTokenCostOf(address));
  }

  function reportFlood(connection: TransportConnection | { channel: unknown }): void {
    const tracked =
      'channel' in connection
        ? connectionOverChannel(connection.channel)
        : trackedConnections.get(connection);
    if (tracked === undefined) return;
    const { owner, address } = tracked;
    logRejection('too many packets', { address, project: owner?.project });
    if (owner === null) reportInvalidToken(address);
    else if (owner.rateKey !== null) cooldowns.start(owner.rateKey);
  }

  /** It is looked for among all only now: kept with each of them it would cost everybody. */
  function connectionOverChannel(channel: unknown): TrackedConnection | undefined {
    for (const tracked of trackedConnections.values())
      if (tracked.connection.transport.socket === channel) return tracked;
    return undefined;
  }

  function adjustCounts(tracked: TrackedConnection, delta: 1 | -1): void {
    const { owner, address } = tracked;
    if (owner === null) {
      if (delta === 1) unauthenticated.add(tracked);
      else unauthenticated.delete(tracked);
      unauthenticatedByAddress.add(address, delta);
      return;
    }
    slotCounts.address.add(address, delta);
    slotCounts.user.add(owner.rateKey, delta);
    slotCounts.project.add(owner.project, delta);
  }

  function closed(connection: TransportConnection): void {
    const tracked = trackedConnections.get(connection);
    if (tracked === undefined) return;
    trackedConnections.delete(connection);
    adjustCounts(tracked, -1);
    terminateAfterGrace(connection);
  }

  function exceededLimitOf(address: string | null, { rateKey, project }: ConnectionOwner): string | null {
    if (rateKey !== null && slotCounts.user.of(rateKey) >= limits.connectionsPerUser)
      return 'too many connections of a member';
    if (address !== null && slotCounts.address.of(address) >= limits.connectionsPerAddress)
      return 'too many connections of one address';
    return slotCounts.project.of(project) >= maxConnectionsOf(project)
      ? 'too many connections of a project'
      : null;
  }

  const authTimer = setInterval(() => {
    const timeMs = now();
    for (const { connection, openedAt } of unauthenticated) {
      if (timeMs - openedAt < AUTH_TIMEOUT_MS) break;
      terminate(connection);
    }
  }, AUTH_CHECK_INTERVAL_MS);

  return {
    allowsConnection(address) {
      const reason = rejectionReasonOf(address);
      if (reason !== null) logRejection(reason, { address });
      return reason === null;
    },
    opened(connection, address) {
      const tracked: TrackedConnection = { connection, address, openedAt: now(), owner: null };
      trackedConnections.set(connection, tracked);
      adjustCounts(tracked, 1);
    },
    closed,
    reportFlood,
    retryAfter: (address) =>
      address === null ? 0 : invalidTokenBuckets.retryAfter(address, invalidTokenCostOf(address)),
    reportInvalidToken,
    claimSlot(connection, owner) {
      const tracked = trackedConnections.get(connection);
      // It ended meanwhile, or says once more who it is.
      if (tracked === undefined || tracked.owner !== null) return false;
      const reason = exceededLimitOf(tracked.address, owner);
      if (reason !== null) {
        logRejection(reason, { address: tracked.address, project: owner.project });
        return false;
      }
      adjustCounts(tracked, -1);
      tracked.owner = owner;
      adjustCounts(tracked, 1);
      return true;
    },
    close: () => clearInterval(authTimer),
  };
}

/** How many each key has of something, as long as it has any. */
function createCounter() {
  const countByKey = new Map<string, number>();
  return {
    of: (key: string) => countByKey.get(key) ?? 0,
    add(key: string | null, delta: 1 | -1) {
      if (key === null) return;
      const count = (countByKey.get(key) ?? 0) + delta;
      if (count > 0) countByKey.set(key, count);
      else countByKey.delete(key);
    },
  };
}
