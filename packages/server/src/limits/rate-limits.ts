/** Decides how much of everything a member, an address and a project may have: which buckets a command takes from. */

import { createRefusal } from '@chatty/protocol';
import { type LimitConfig, PROJECT_BURST_SECONDS } from '../config/limit-settings.js';
import { type ChatSocket, disconnectWithRefusal } from '../connections/client-socket.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Cooldowns } from './cooldowns.js';
import { createTokenBuckets, type TokenBuckets } from './token-bucket.js';

/** Both take and answer 0, or take nothing and answer the whole milliseconds until it may be tried again. */
export type RateLimit = {
  /**
   * From what the member and the address have, by the size of the packet: before anything of it is looked at.
   * @param size of the packet in characters
   */
  take(socket: ChatSocket, size: number): number;
  /** One from what the members of a project have together: right before it runs, so that nobody uses it up with what does not. */
  takeFromProject(project: string): number;
};

export type RateLimits = {
  /** What everybody in the room is told of: messages and their changes. */
  send: RateLimit;
  /** What a member does in spite of what others do: keeping order, taking back one's own. */
  moderate: RateLimit;
  /** What is answered from memory. */
  memoryRead: RateLimit;
  /** What the database is asked for. */
  databaseRead: RateLimit;
  /** The same for a member who comes in and gets the newest page. */
  connect(key: string): number;
};

/** A packet counts once for each 8 KiB begun, as on its connection: the longest message is one. */
const CHARACTERS_PER_UNIT_SHIFT_BITS = 13;

/**
 * @param byAddress events of each address
 * @param perSecondOf messages a second that a project's members may send together, and pages that they may ask for
 */
export function createRateLimits(options: {
  send: { burst: number; perSecond: number };
  limits: LimitConfig;
  addressBuckets: TokenBuckets;
  projectRateOf: (project: string) => number;
  cooldowns: Cooldowns;
  now?: () => number;
}): RateLimits {
  const { send, limits, addressBuckets, projectRateOf, cooldowns, now = monotonicTime } = options;
  const memberSendBuckets = createTokenBuckets({ ...send, now });
  const memberReadBuckets = createTokenBuckets({
    burst: limits.readBurst,
    perSecond: limits.readPerSecond,
    now,
  });
  // Of seconds: what one message costs is the project's own setting.
  const projectQuota = { burst: PROJECT_BURST_SECONDS, perSecond: 1, now };
  const [projectSendBuckets, projectReadBuckets] = [
    createTokenBuckets(projectQuota),
    createTokenBuckets(projectQuota),
  ];

  /** Being quicker than one may is one's own doing; what follows from others' is not counted against anybody. */
  function onExceeded(socket: ChatSocket): void {
    const { member, rateKey } = socket.data;
    if (!cooldowns.strike(rateKey)) return;
    // A guest is nobody who could be told from the next one.
    const cooldownMs = member.role === 'guest' ? undefined : cooldowns.start(rateKey);
    // What was refused in this turn is answered first.
    setImmediate(() => {
      if (socket.connected) disconnectWithRefusal(socket, createRefusal('rate_limited', cooldownMs));
    });
  }

  const createRateLimit = (memberBuckets: TokenBuckets, projectBuckets: TokenBuckets | null): RateLimit => ({
    take(socket, size) {
      const { rateKey, address } = socket.data;
      const cost = 1 + (size >> CHARACTERS_PER_UNIT_SHIFT_BITS);
      const retryAfterMs = memberBuckets.take(rateKey, cost);
      if (retryAfterMs > 0) {
        onExceeded(socket);
        return retryAfterMs;
      }
      return address === null ? 0 : addressBuckets.take(address, cost);
    },
    takeFromProject: (project) => projectBuckets?.take(project, 1 / projectRateOf(project)) ?? 0,
  });

  return {
    send: createRateLimit(memberSendBuckets, projectSendBuckets),
    moderate: createRateLimit(memberSendBuckets, null),
    memoryRead: createRateLimit(memberReadBuckets, null),
    databaseRead: createRateLimit(memberReadBuckets, projectReadBuckets),
    connect: (rateKey) => memberReadBuckets.take(rateKey),
  };
}
