/** What may happen to a client in the model test, and what came to nothing once. */

import fc from 'fast-check';
import type { PacketFate } from './simulation.js';

export type SimulationStep =
  | { do: 'post' | 'change'; count: number }
  | { do: 'pass'; fates: PacketFate[] }
  | { do: 'wind'; milliseconds: number }
  | { do: 'flush' | 'head' | 'cut' | 'send' | 'refuse' | 'wake' | 'restore' }
  | { do: 'scroll'; to: 'loadOlder' | 'loadNewer' | 'loadGap' | 'jumpToLatest' };

const fateArbitrary = fc.constantFrom<PacketFate>(
  'delivered',
  'delivered',
  'delivered',
  'lost',
  'doubled',
  'late',
);
export const stepArbitrary: fc.Arbitrary<SimulationStep> = fc.oneof(
  fc.record({
    do: fc.constant('post' as const),
    count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(60, 350)),
  }),
  fc.record({ do: fc.constant('change' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    do: fc.constant('pass' as const),
    fates: fc.array(fateArbitrary, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({
    do: fc.constant('pass' as const),
    fates: fc.array(fateArbitrary, { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ do: fc.constant('wind' as const), milliseconds: fc.constantFrom(600, 6_000, 30_000) }),
  fc.record({ do: fc.constantFrom('flush' as const, 'head', 'cut', 'send', 'refuse', 'wake') }),
  fc.record({ do: fc.constant('flush' as const) }),
  fc.record({
    do: fc.constant('scroll' as const),
    to: fc.constantFrom('loadOlder' as const, 'loadNewer', 'loadGap', 'jumpToLatest'),
  }),
);
export const rareStepArbitrary = fc.record({ do: fc.constant('restore' as const) });

/** What came to nothing once: answers are heard after all packets that arrived with them, over long polling and `ws`. */
export const regressionScripts: SimulationStep[][] = [
  // An answer that resets, and what came after it.
  [
    { do: 'restore' },
    { do: 'wind', milliseconds: 30_000 },
    { do: 'send' },
    { do: 'flush' },
    { do: 'pass', fates: ['delivered', 'delivered'] },
  ],
  // Stored in a log that is no more when the answer is heard.
  [{ do: 'send' }, { do: 'pass', fates: ['delivered'] }, { do: 'restore' }],
  // Lines that need a refresh before the last one has quite ended.
  [
    { do: 'change', count: 1 },
    { do: 'flush' },
    { do: 'change', count: 4 },
    { do: 'post', count: 350 },
    { do: 'post', count: 350 },
  ],
];
