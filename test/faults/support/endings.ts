/** What a test's context does for what was started in it, for programs that are no tests. */

import type { Cleanup } from './rig.js';

export type Ends = { after(end: () => unknown): void; context: Cleanup; run(): Promise<void> };

export function createEnds(): Ends {
  const ends: (() => unknown)[] = [];
  const after = (end: () => unknown) => void ends.push(end);
  return {
    after,
    // Nothing that is started takes the context or a callback.
    context: { after: (end) => void (end && after(end as () => unknown)) },
    async run() {
      for (const end of ends.splice(0)) await end();
    },
  };
}
