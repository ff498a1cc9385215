/** `npm run fuzz -- --frames 1000000 --seed 7`: a longer bout than the tests', with the seed of a bout to be repeated. */

import { parseArgs } from 'node:util';
import { prepare, say } from '../../scripts/bootstrap.mjs';
import { fuzz } from './run.js';

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
});
const frames = Number(values.frames);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!Number.isSafeInteger(frames) || frames < 1_000 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--frames is a whole number from 1000 on, --seed a whole number.\n');
  process.exit(1);
}
await prepare();
say(`fuzz: ${frames} frames, seed ${seed}`);
const endings: (() => unknown)[] = [];
let failed = false;
try {
  const started = performance.now();
  const bout = await fuzz({ after: (ending: () => unknown) => void endings.push(ending) }, { frames, seed });
  const seconds = Math.round((performance.now() - started) / 1_000);
  say(`${bout.frames} frames, ${bout.connections} connections, ${bout.requests} requests in ${seconds} s`);
  say(`${bout.lines} lines of talk, memory ${bout.memory.join(' -> ')} MiB, at most ${bout.peakMemory} MiB`);
  say(`longest pause of the event loop ${bout.longestPauseMs} ms`);
} catch (error) {
  failed = true;
  process.stderr.write(`seed ${seed}: ${error instanceof Error ? error.stack : error}\n`);
}
for (const ending of endings.reverse()) await ending();
process.exit(failed ? 1 : 0);
