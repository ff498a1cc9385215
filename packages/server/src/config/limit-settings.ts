/** All limits of the server: setting names, defaults and ranges. docs/operate/configuration.md explains the defaults. */

type LimitSetting = { name: string; fallback: string; min: number; max: number; about: string };

const MAX_LIMIT = 1_000_000;
/** A project may use this many seconds of its quota in one burst. */
export const PROJECT_BURST_SECONDS = 10;

export const limitSettings = {
  trustedProxyHops: {
    name: 'TRUSTED_PROXY_HOPS',
    fallback: '0',
    min: 0,
    max: 10,
    about: 'Number of proxies in front of the server, 0-10. The outermost one reports the visitor’s address.',
  },
  readBurst: {
    name: 'READ_BURST',
    fallback: '100',
    min: 1,
    max: MAX_LIMIT,
    about: 'History pages, syncs, member lists and connections a member may request in a burst, 1-1000000.',
  },
  readPerSecond: {
    name: 'READ_PER_SECOND',
    fallback: '20',
    min: 1,
    max: MAX_LIMIT,
    about: 'Sustained reads per second per member, 1-1000000.',
  },
  packetBurst: {
    name: 'PACKET_BURST',
    fallback: '1000',
    min: 1,
    max: MAX_LIMIT,
    about:
      'Packets of any kind a connection may send in a burst, in addition to its message and read limits, 1-1000000.',
  },
  packetsPerSecond: {
    name: 'PACKETS_PER_SECOND',
    fallback: '50',
    min: 1,
    max: MAX_LIMIT,
    about: 'Sustained packets per second per connection, 1-1000000.',
  },
  addressEventBurst: {
    name: 'ADDRESS_EVENT_BURST',
    fallback: '10000',
    min: 10,
    max: MAX_LIMIT,
    about: 'Events an address may send in a burst, 10-1000000. A new connection counts as ten.',
  },
  addressEventsPerSecond: {
    name: 'ADDRESS_EVENTS_PER_SECOND',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about: 'Sustained events per second per address, 1-1000000.',
  },
  projectEventsPerSecond: {
    name: 'PROJECT_EVENTS_PER_SECOND',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about:
      'Sustained messages and edits per second for all members of a project together, and as many reads, 1-1000000.',
  },
  connectionsPerUser: {
    name: 'CONNECTIONS_PER_USER',
    fallback: '10',
    min: 1,
    max: MAX_LIMIT,
    about: 'Maximum concurrent connections per member, 1-1000000.',
  },
  connectionsPerAddress: {
    name: 'CONNECTIONS_PER_ADDRESS',
    fallback: '2000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Maximum concurrent connections per address, 1-1000000.',
  },
  connectionsPerProject: {
    name: 'CONNECTIONS_PER_PROJECT',
    fallback: '10000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Maximum concurrent connections per project, 1-1000000.',
  },
  unauthenticatedConnections: {
    name: 'UNAUTHENTICATED_CONNECTIONS',
    fallback: '10000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Maximum concurrent unauthenticated connections, 1-1000000.',
  },
  unauthenticatedConnectionsPerAddress: {
    name: 'UNAUTHENTICATED_CONNECTIONS_PER_ADDRESS',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about: 'Maximum concurrent unauthenticated connections per address, 1-1000000.',
  },
  invalidTokensPerMinute: {
    name: 'INVALID_TOKENS_PER_MINUTE',
    fallback: '20',
    min: 1,
    max: MAX_LIMIT,
    about: 'Forged tokens per minute before an address is blocked for a while, 1-1000000.',
  },
  rateLimitStrikes: {
    name: 'RATE_LIMIT_STRIKES',
    fallback: '100',
    min: 1,
    max: MAX_LIMIT,
    about: 'Rate-limited events within ten seconds before a member is disconnected, 1-1000000.',
  },
  cooldownSeconds: {
    name: 'RATE_LIMIT_COOLDOWN_SECONDS',
    fallback: '60',
    min: 1,
    max: 86_400,
    about: 'Seconds before a member who was disconnected for flooding may reconnect, 1-86400.',
  },
} as const satisfies Record<string, LimitSetting>;

export type LimitConfig = { -readonly [Name in keyof typeof limitSettings]: number };

/** @param read one of these settings, as a number from `least` to `most` */
export function readLimits(read: (row: (typeof limitSettings)[keyof LimitConfig]) => number): LimitConfig {
  const limits = Object.entries(limitSettings).map(([name, row]) => [name, read(row)]);
  return Object.fromEntries(limits) as LimitConfig;
}
