/** Promise: only a listed place may read the wall clock, so that no wait, rate or age depends on a clock that can be set. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMonotonicTime } from '@chatty/client/testing';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files that may ask what time it is, and what for. Everything else measures with `performance.now` or a clock it is given. */
const MAY_READ_THE_WALL_CLOCK: Record<string, string> = {
  'packages/server/src/runtime/clocks.ts': 'defines wallTime',
  'packages/server/src/http/api/projects-routes.ts': 'a cut-off takes back tokens issued before now',
  'packages/server/src/auth/auth.ts': 'exp of a token',
  'packages/server/src/doctor/token-doctor.ts': 'exp, nbf and iat of a token, and moments to be read',
  'packages/server/src/moderation/moderation-state.ts': 'notices by it that the machine was suspended',
  'packages/server/src/projects/projects.ts': 'the end of a signing key, and when it was last used',
  'packages/server/src/auth/rejection-log.ts': 'when a refusal happened, to be read',
  'packages/server/src/gateway/sessions.ts': 'exp of a token',
  'packages/token/src/create-token.ts': 'iat and exp of a token',
  'packages/client/src/clock.ts': 'createTime, which is never set back',
  'packages/widget/src/messages/message-row.tsx': 'how long ago a message was written, to be read',
  'packages/widget/src/messages/message-list.tsx': 'the day of a message, to be read',
  'packages/widget/src/extras/moderation-notices.tsx': 'whether a moment is of today, to be read',
  'demo/src/session.ts': 'the end of a login, which outlives the process',
  'demo/src/playground.ts': 'iat of a token',
  'bench/peers/compare.ts': 'the date of a report',
  'bench/servers/bare.mjs': 'when a message was written, to be read',
  'bench/main.ts': 'the date of a report',
};

/** `Date` without an argument is now, `Date(...)` without `new` as well. */
const WALL_CLOCK = /\bDate\.now\b|\bnew Date\b(?!\()|\bnew Date\(\)|\bwallTime\b|(?<!new )\bDate\(\)/;

function sourcesOf(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|tsx|mjs|js)$/.test(name) && !/node_modules|dist\//.test(name))
    .map((name) => `${folder}/${name}`);
}

it('the wall clock is read only for times shown to users, in tokens or in the database', () => {
  const packages = readdirSync(`${ROOT}packages`).map((name) => `packages/${name}/src`);
  const files = [...packages, 'demo/src', 'scripts', 'bench'].flatMap(sourcesOf);
  assert.ok(files.length > 200, `${files.length} files are looked at`);
  const readers = files.filter((file) => WALL_CLOCK.test(readFileSync(`${ROOT}${file}`, 'utf8')));
  assert.deepEqual(readers.sort(), Object.keys(MAY_READ_THE_WALL_CLOCK).sort());
});

it('client timers continue when the clock is set back, and advance after sleep', () => {
  let wall = 1_000_000;
  let counted = 5;
  const time = createMonotonicTime(
    () => wall,
    () => counted,
  );
  const pass = (milliseconds: number) => {
    wall += milliseconds;
    counted += milliseconds;
  };
  assert.equal(time(), 1_000_000);
  pass(10);
  assert.equal(time(), 1_000_010);
  wall -= 3_600_000;
  pass(10);
  assert.equal(time(), 1_000_020, 'set back by an hour');
  wall += 3_600_000;
  pass(10);
  assert.equal(time(), 1_000_030, 'set right again');
  // Asleep: nothing was counted.
  wall += 600_000;
  assert.equal(time(), 1_600_030, 'ten minutes asleep');
});
