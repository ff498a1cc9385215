/**
 * Loaded by a server under test before its own code (`node --import`): adds a line for each long pause of its event loop, in
 * milliseconds of CPU time of its thread, to the file that `EVENT_LOOP_LAG_FILE` names.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What is done between two looks counts as one pause. */
const LOOK_MS = 2;
/** A shorter pause is not worth a line. */
const LONG_MS = 20;
/** Linux: nanoseconds that this thread has run. Elsewhere the whole process counts. */
const SCHEDULER = '/proc/thread-self/schedstat';
const file = process.env.EVENT_LOOP_LAG_FILE;

const cpuMs = existsSync(SCHEDULER)
  ? () => Number.parseInt(readFileSync(SCHEDULER, 'latin1'), 10) / 1e6
  : () => process.cpuUsage().user / 1e3;

if (file) {
  appendFileSync(file, '');
  let last = cpuMs();
  setInterval(() => {
    const now = cpuMs();
    if (now - last >= LONG_MS) appendFileSync(file, `${Math.round(now - last)}\n`);
    last = now;
  }, LOOK_MS).unref();
}
