/** Which test file belongs to which run, and why: `npm test` is for every change, `npm run test:all` for all of it. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from './bootstrap.mjs';

/** The one browser suite of `npm test`. It runs where a Chromium is found or can be installed. */
export const BROWSER_SMOKE = 'test/browser/smoke.test.ts';
export const FIREFOX_SUITE = 'test/browser/firefox/firefox.test.ts';

/** Left to `npm run test:all`. A key is a folder (with a slash at its end) or a file; the value says why. */
const SLOW = {
  'test/browser/': 'drives Chromium or Firefox for minutes',
  'test/faults/': 'kills processes and waits for recoveries',
  'test/fuzz/': 'sends 100,000 frames',
  'test/mutation/': 'starts a server for each planted bug',
  'packages/embedded-postgres/': 'starts a PostgreSQL for each test; matters when that package changes',
  'packages/widget/test/emoji.test.ts': 'drives Chromium',
  'test/auth/token-doctor.test.ts': 'sends thousands of tokens',
  'test/auth/token-mutations.test.ts': 'sends thousands of tokens',
  'test/client/client.test.ts': 'waits for timeouts of the client',
  'test/limits/connections.test.ts': 'waits for timeouts of connections',
  'test/messaging/unwritten-rooms.test.ts': 'waits for the poll of room heads, 10 s each',
  'test/messaging/slow-readers.test.ts': 'sends gigabytes to readers that do not read',
  'test/messaging/stalled-connections.test.ts': 'waits for timeouts of connections',
  'test/process/clock-step.test.ts': 'moves the clock of a process by hours, and waits',
  'test/process/demo-hosts.test.ts': 'starts the demo several times',
  'test/process/readiness.test.ts': 'waits for probes of the database',
  'test/process/restart.test.ts': 'starts and stops the server several times',
  'test/security/leaked-key.test.ts': 'fills the limits of a project',
  'test/security/injection.test.ts': 'tries every input with every hostile text',
  'test/store/crowd-writing.test.ts': 'needs an installed PostgreSQL to say anything new',
  'test/store/query-cost.test.ts': 'fills tables with 100 times the data',
  'test/store/restored-database.test.ts': 'waits for the poll of room heads, 10 s each',
  'test/store/restored-backup.test.ts': 'backs up and restores databases',
  'test/store/restored-roles.test.ts': 'starts a PostgreSQL of its own',
  'test/support/event-loop-lag.test.ts': 'measures pauses, which needs a quiet machine',
  'test/transport/malformed-packets.test.ts': 'waits for timeouts of connections',
  'test/transport/half-closed-connections.test.ts': 'waits for timeouts of connections',
  'test/transport/http-connections.test.ts': 'waits for timeouts of connections',
  'test/transport/http-pauses.test.ts': 'measures pauses of the event loop',
  'test/transport/packet-cost.test.ts': 'measures pauses of the event loop',
};

/** Run once more on an installed PostgreSQL, whose defaults differ: JIT, TLS, plans. */
export const DATABASE_TESTS = [
  'test/store/crowd-writing.test.ts',
  'test/faults/database-stall.test.ts',
  'test/faults/database.test.ts',
  'test/api/moderation-api.test.ts',
  'test/moderation/moderation.test.ts',
  'test/messaging/message-order.test.ts',
  'test/store/query-cost.test.ts',
  'test/messaging/reactions.test.ts',
  'test/store/restored-database.test.ts',
  'test/store/row-level-security-start.test.ts',
  'test/store/row-level-security.test.ts',
  'test/store/group-commit.test.ts',
  'test/store/locks.test.ts',
  'test/store/query-plans.test.ts',
  'test/store/database-sessions.test.ts',
  'test/store/store.test.ts',
  'test/store/upgrade.test.ts',
];

/** Measures how fast the server recovers: it begins the run, beside tests that mostly wait. */
const FIRST = 'test/faults/database-stall.test.ts';

/** Every test file of the repository, the slow ones first: the last to end is then a short one. */
export function allTestFiles() {
  const packages = readdirSync(join(REPOSITORY_ROOT, 'packages')).map((name) => `packages/${name}/test`);
  const files = [...packages, 'test']
    .filter((folder) => existsSync(join(REPOSITORY_ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(REPOSITORY_ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .map((name) => `${folder}/${name}`),
    )
    .sort((a, b) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1));
  return [...files.filter(isSlow), ...files.filter((file) => !isSlow(file))];
}

/** @param {string} file */
export function isSlow(file) {
  if (file === BROWSER_SMOKE) return false;
  return Object.keys(SLOW).some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
}
