/** Learns what other servers have changed: asks the database from time to time what is newer than what this one knows. */

import type { Log } from './log.js';
import type { Versions } from './store/store.js';

/** Something all servers know alike, of which the database counts the changes. */
export type Watched = {
  /** As far as this server has read. */
  readonly version: number;
  refresh(): Promise<void>;
};

/** How often the database is asked, in milliseconds: half of the second a ban may take. */
const LOOK = 500;
/** The same while it does not answer. */
const LOOK_IN_VAIN = 5_000;

/** @param versions of all that is watched, by one question */
export function createWatch(options: {
  versions(): Promise<Versions>;
  watched: { readonly [Name in keyof Versions]: Watched };
  log: Log;
}): { close(): void } {
  const { versions, watched, log } = options;
  let looking: NodeJS.Timeout | undefined;
  let closed = false;

  async function read(): Promise<void> {
    const newest = await versions();
    const names = ['projects', 'order'] as const;
    const older = names.filter((name) => newest[name] !== watched[name].version);
    // Together, so that one that cannot be read does not keep the other from it.
    await Promise.all(older.map((name) => watched[name].refresh()));
  }

  async function look(): Promise<void> {
    const seen = await read().then(
      () => true,
      (error) => {
        log.debug({ reason: String(error) }, 'what other servers have changed could not be read');
        return false;
      },
    );
    if (!closed) looking = setTimeout(() => void look(), seen ? LOOK : LOOK_IN_VAIN);
  }

  looking = setTimeout(() => void look(), LOOK);
  return {
    close() {
      closed = true;
      clearTimeout(looking);
    },
  };
}
