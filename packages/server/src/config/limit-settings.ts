/** Every limit of the server, in one table: its setting, its default, what it may be. docs/operate/configuration.md says why each is what it is. */

type LimitSetting = { name: string; fallback: string; min: number; max: number; about: string };

const MAX_LIMIT = 1_000_000;
/** A project may use what it has for so many seconds at once. */
export const PROJECT_BURST_SECONDS = 10;

export const limitSettings = {
  trustedProxyHops: {
    name: 'TRUSTED_PROXY_HOPS',
    fallback: '0',
    min: 0,
    max: 10,
    about: 'Proxies in front of the server, 0-10: what the outermost of them saw is the visitor’s address.',
  },
  readBurst: {
    name: 'READ_BURST',
    fallback: '100',
    min: 1,
    max: MAX_LIMIT,
    about: 'Pages, recoveries, lists and connections a member may ask for at once, 1-1000000.',
  },
  readPerSecond: {
    name: 'READ_PER_SECOND',
    fallback: '20',
    min: 1,
    max: MAX_LIMIT,
    about: 'The same a second, on and on, 1-1000000.',
  },
  packetBurst: {
    name: 'PACKET_BURST',
    fallback: '1000',
    min: 1,
    max: MAX_LIMIT,
    about:
      'Packets of any kind a connection may send at once, beside what it may send and ask for, 1-1000000.',
  },
  packetsPerSecond: {
    name: 'PACKETS_PER_SECOND',
    fallback: '50',
    min: 1,
    max: MAX_LIMIT,
    about: 'The same a second, on and on, 1-1000000.',
  },
  addressBurst: {
    name: 'ADDRESS_BURST',
    fallback: '10000',
    min: 10,
    max: MAX_LIMIT,
    about: 'Events an address may send at once, a new connection counting as ten, 10-1000000.',
  },
  addressPerSecond: {
    name: 'ADDRESS_PER_SECOND',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about: 'The same a second, on and on, 1-1000000.',
  },
  projectPerSecond: {
    name: 'PROJECT_PER_SECOND',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about:
      'Messages and changes a second that a project’s members may send together, and as many pages, 1-1000000.',
  },
  connectionsPerUser: {
    name: 'CONNECTIONS_PER_USER',
    fallback: '10',
    min: 1,
    max: MAX_LIMIT,
    about: 'Connections a member may have at once, 1-1000000.',
  },
  connectionsPerAddress: {
    name: 'CONNECTIONS_PER_ADDRESS',
    fallback: '2000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Connections an address may have at once, 1-1000000.',
  },
  connectionsPerProject: {
    name: 'CONNECTIONS_PER_PROJECT',
    fallback: '10000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Connections a project may have at once, 1-1000000.',
  },
  unauthenticatedConnections: {
    name: 'STRANGERS',
    fallback: '10000',
    min: 1,
    max: MAX_LIMIT,
    about: 'Connections at once that have not said who they are, 1-1000000.',
  },
  unauthenticatedConnectionsPerAddress: {
    name: 'STRANGERS_PER_ADDRESS',
    fallback: '500',
    min: 1,
    max: MAX_LIMIT,
    about: 'The same of one address, 1-1000000.',
  },
  invalidTokensPerMinute: {
    name: 'BAD_TOKENS_PER_MINUTE',
    fallback: '20',
    min: 1,
    max: MAX_LIMIT,
    about: 'Forged tokens a minute after which an address has to wait, 1-1000000.',
  },
  rateLimitStrikes: {
    name: 'REFUSALS_ALLOWED',
    fallback: '100',
    min: 1,
    max: MAX_LIMIT,
    about: 'Events beyond the limits within ten seconds after which a member is sent away, 1-1000000.',
  },
  cooldownSeconds: {
    name: 'COOL_DOWN_SECONDS',
    fallback: '60',
    min: 1,
    max: 86_400,
    about: 'How long a member stays sent away, 1-86400 s.',
  },
} as const satisfies Record<string, LimitSetting>;

export type LimitConfig = { -readonly [Name in keyof typeof limitSettings]: number };

/** @param read one of these settings, as a number from `least` to `most` */
export function readLimits(read: (row: (typeof limitSettings)[keyof LimitConfig]) => number): LimitConfig {
  const limits = Object.entries(limitSettings).map(([name, row]) => [name, read(row)]);
  return Object.fromEntries(limits) as LimitConfig;
}
