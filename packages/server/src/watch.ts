/** Learns what other servers have changed: asks the database from time to time what is newer than what this one knows. */

import type { Log } from './log.js';
import type { Versions } from './store/store.js';

/** Something all servers know alike, of which the database counts the changes. */
export type Watched = {
  /** As far as this server has read. */
  readonly version: number;
  refresh(): Promise<void>;
};

type Name = keyof Versions;

/** How often the database is asked, in milliseconds: half of the second a ban may take. */
const LOOK = 500;
/** The same while it does not answer. */
const LOOK_IN_VAIN = 5_000;

/** @param versions of all that is watched, by one question */
export function createWatch(options: {
  versions(): Promise<Versions>;
  watched: { readonly [Each in Name]: Watched };
  log: Log;
}): { close(): void } {
  const { versions, watched, log } = options;
  /** What is being read, or could not be a moment ago. Each by itself: a ban does not wait for what is slow or broken. */
  const resting = new Set<Name>();
  let looking: NodeJS.Timeout | undefined;
  let closed = false;

  const failed = (error: unknown) =>
    log.debug({ reason: String(error) }, 'what other servers have changed could not be read');

  async function read(name: Name): Promise<void> {
    resting.add(name);
    try {
      await watched[name].refresh();
      resting.delete(name);
    } catch (error) {
      failed(error);
      setTimeout(() => resting.delete(name), LOOK_IN_VAIN).unref();
    }
  }

  async function look(): Promise<void> {
    let pause = LOOK;
    try {
      const newest = await versions();
      if (closed) return;
      for (const name of ['projects', 'order'] as const)
        if (newest[name] !== watched[name].version && !resting.has(name)) void read(name);
    } catch (error) {
      failed(error);
      pause = LOOK_IN_VAIN;
    }
    if (!closed) looking = setTimeout(() => void look(), pause);
  }

  looking = setTimeout(() => void look(), LOOK);
  return {
    close() {
      closed = true;
      clearTimeout(looking);
    },
  };
}
