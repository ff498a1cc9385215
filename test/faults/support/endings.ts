/** What a test's context does for what was started in it, for programs that are no tests. */

import type { CleanupContext } from './rig.js';

export type CleanupStack = {
  after(end: () => unknown): void;
  context: CleanupContext;
  runAll(): Promise<void>;
};

export function createCleanupStack(): CleanupStack {
  const ends: (() => unknown)[] = [];
  const after = (end: () => unknown) => void ends.push(end);
  return {
    after,
    // Nothing that is started takes the context or a callback.
    context: { after: (end) => void (end && after(end as () => unknown)) },
    async runAll() {
      for (const end of ends.splice(0)) await end();
    },
  };
}
