/** Decides how much of everything a member, an address and a project may have: which buckets a command takes from. */

import { refusal } from '@chatty/protocol/errors';
import { type Limits, QUOTA_SECONDS } from '../config/limit-settings.js';
import type { ChatSocket } from '../connections/client-socket.js';
import { end } from '../gateway/sessions.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Penalties } from './cooldowns.js';
import { createLimit, type Limit } from './token-bucket.js';

/** Both take and answer 0, or take nothing and answer the whole milliseconds until it may be tried again. */
export type Share = {
  /**
   * From what the member and the address have, by the size of the packet: before anything of it is looked at.
   * @param size of the packet in characters
   */
  take(socket: ChatSocket, size: number): number;
  /** One from what the members of a project have together: right before it runs, so that nobody uses it up with what does not. */
  takeOfProject(project: string): number;
};

export type Shares = {
  /** What everybody in the room is told of: messages and their changes. */
  send: Share;
  /** What a member does in spite of what others do: keeping order, taking back one's own. */
  act: Share;
  /** What is answered from memory. */
  read: Share;
  /** What the database is asked for. */
  page: Share;
  /** The same for a member who comes in and gets the newest page. */
  join(key: string): number;
};

/** A packet counts once for each 8 KiB begun, as on its connection: the longest message is one. */
const SIZE_BITS = 13;

/**
 * @param byAddress events of each address
 * @param perSecondOf messages a second that a project's members may send together, and pages that they may ask for
 */
export function createShares(options: {
  send: { burst: number; perSecond: number };
  limits: Limits;
  byAddress: Limit;
  perSecondOf: (project: string) => number;
  penalties: Penalties;
  now?: () => number;
}): Shares {
  const { send, limits, byAddress, perSecondOf, penalties, now = monotonicTime } = options;
  const ownSends = createLimit({ ...send, now });
  const ownReads = createLimit({ burst: limits.readBurst, perSecond: limits.readPerSecond, now });
  // Of seconds: what one message costs is the project's own setting.
  const quota = { burst: QUOTA_SECONDS, perSecond: 1, now };
  const [sends, pages] = [createLimit(quota), createLimit(quota)];

  /** Being quicker than one may is one's own doing; what follows from others' is not counted against anybody. */
  function beyond(socket: ChatSocket): void {
    const { member, key } = socket.data;
    if (!penalties.isTooMuch(key)) return;
    // A guest is nobody who could be told from the next one.
    const wait = member.role === 'guest' ? undefined : penalties.send(key);
    // What was refused in this turn is answered first.
    setImmediate(() => {
      if (socket.connected) end(socket, refusal('rate_limited', wait));
    });
  }

  const share = (own: Limit, ofProject: Limit | null): Share => ({
    take(socket, size) {
      const { key, address } = socket.data;
      const cost = 1 + (size >> SIZE_BITS);
      const wait = own.take(key, cost);
      if (wait > 0) {
        beyond(socket);
        return wait;
      }
      return address === null ? 0 : byAddress.take(address, cost);
    },
    takeOfProject: (project) => ofProject?.take(project, 1 / perSecondOf(project)) ?? 0,
  });

  return {
    send: share(ownSends, sends),
    act: share(ownSends, null),
    read: share(ownReads, null),
    page: share(ownReads, pages),
    join: (key) => ownReads.take(key),
  };
}
