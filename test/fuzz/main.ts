/** `npm run fuzz -- --frames 1000000 --seed 7`: a longer bout than the tests', with the seed of a bout to be repeated. */

import { parseArgs } from 'node:util';
import { prepareClone, printProgress } from '../../scripts/bootstrap.mjs';
import { runFuzz } from './run.js';

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
});
const frameCount = Number(values.frames);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!Number.isSafeInteger(frameCount) || frameCount < 1_000 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--frames is a whole number from 1000 on, --seed a whole number.\n');
  process.exit(1);
}
await prepareClone();
printProgress(`fuzz: ${frameCount} frames, seed ${seed}`);
const cleanups: (() => unknown)[] = [];
let hasFailed = false;
try {
  const started = performance.now();
  const bout = await runFuzz(
    { after: (ending: () => unknown) => void cleanups.push(ending) },
    { frames: frameCount, seed },
  );
  const seconds = Math.round((performance.now() - started) / 1_000);
  printProgress(
    `${bout.frames} frames, ${bout.connections} connections, ${bout.requests} requests in ${seconds} s`,
  );
  printProgress(
    `${bout.bystanderMessageCount} lines of talk, memory ${bout.memoryMib.join(' -> ')} MiB, at most ${bout.peakMemoryMib} MiB`,
  );
  printProgress(`longest pause of the event loop ${bout.longestPauseMs} ms`);
} catch (error) {
  hasFailed = true;
  process.stderr.write(`seed ${seed}: ${error instanceof Error ? error.stack : error}\n`);
}
for (const ending of cleanups.reverse()) await ending();
process.exit(hasFailed ? 1 : 0);
