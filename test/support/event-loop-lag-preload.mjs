/**
 * Loaded by a server under test before its own code (`node --import`): adds a line for each long pause of its event loop, in
 * milliseconds of CPU time of its thread, to the file that `EVENT_LOOP_LAG_FILE` names.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What is done between two looks counts as one pause. */
const SAMPLE_INTERVAL_MS = 2;
/** A shorter pause is not worth a line. */
const LONG_LAG_MS = 20;
/** Linux: nanoseconds that this thread has run. Elsewhere the whole process counts. */
const SCHEDSTAT_PATH = '/proc/thread-self/schedstat';
const lagFile = process.env.EVENT_LOOP_LAG_FILE;

const cpuMs = existsSync(SCHEDSTAT_PATH)
  ? () => Number.parseInt(readFileSync(SCHEDSTAT_PATH, 'latin1'), 10) / 1e6
  : () => process.cpuUsage().user / 1e3;

if (lagFile) {
  appendFileSync(lagFile, '');
  let last = cpuMs();
  setInterval(() => {
    const now = cpuMs();
    if (now - last >= LONG_LAG_MS) appendFileSync(lagFile, `${Math.round(now - last)}\n`);
    last = now;
  }, SAMPLE_INTERVAL_MS).unref();
}
