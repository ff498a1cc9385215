/** Bugs of the client: which changes it takes and shows. */

import type { PlantedBug } from './bug.js';

const LOG_CURSOR_MODULE = 'client/dist/log-cursor.js';

export const clientBugs: readonly PlantedBug[] = [
  {
    name: 'client-takes-frames-after-a-hole',
    scenario: 'away',
    expectedAnomalies: ['silent-gap'],
    codePatches: [
      { file: LOG_CURSOR_MODULE, from: 'if (frame.prev > position.seq)', to: 'if (false)' },
      {
        file: LOG_CURSOR_MODULE,
        from: '(this.#epochChanged || this.#maybeMore || position.seq < this.#headSeq)',
        to: 'this.#epochChanged',
      },
    ],
  },
  {
    name: 'client-skips-what-it-does-not-expect',
    scenario: 'away',
    expectedAnomalies: ['silent-gap', 'stuck', 'stale'],
    codePatches: [
      {
        file: LOG_CURSOR_MODULE,
        from: 'this.#unreleased.push(...frame.messages);',
        to: 'this.#unreleased.push(...frame.messages.slice(-50));',
      },
    ],
  },
  {
    name: 'client-shows-no-changes',
    scenario: 'kill',
    expectedAnomalies: ['silent-gap', 'gap'],
    codePatches: [
      {
        file: 'client/dist/message-run.js',
        from: 'else if (existing.message.seq < seq)',
        to: 'else if (false)',
      },
    ],
  },
];
