/** Promise: whatever bytes arrive, the server lives, forgets them, and those who only want to talk do not notice. */

import { it } from 'node:test';
import { runFuzz } from './run.js';

it('100,000 grammar-based, mutated and known attack frames have no effect', async (context) => {
  const seed = Math.floor(Math.random() * 1_000_000);
  context.diagnostic(`seed ${seed}`);
  const {
    frames,
    connections,
    requests,
    bystanderMessageCount: lines,
    memoryMib: memory,
    ...most
  } = await runFuzz(context, {
    frames: 100_000,
    seed,
  });
  context.diagnostic(
    `${frames} frames on ${connections} connections, ${requests} requests, ${lines} lines of talk, ` +
      `${memory.join(' -> ')} MiB, at most ${most.peakMemoryMib} MiB, longest pause ${most.longestPauseMs} ms`,
  );
});
