/** Promise: that the database takes nothing is known from what was written last, and from trying. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createLog } from '../src/runtime/logger.js';
import { UnavailableError } from '../src/runtime/unavailable-error.js';
import { createWritability } from '../src/store/postgres/writability.js';

/** As the database answers: with a code of PostgreSQL, or (undefined) not at all. */
const failure = (code?: string) =>
  new UnavailableError('refused', { cause: Object.assign(new Error('refused'), code && { code }) });
const DISK_FULL = '53100';
const TOO_MANY_CONNECTIONS = '53300';

function setUp(context: TestContext, probe: () => Promise<{ readOnly?: boolean }[]>) {
  const clock = { time: 0 };
  const writability = createWritability({ probe, log: createLog('silent'), now: () => clock.time });
  context.after(writability.close);
  let fault: Error | null = null;
  const flush = writability.observe(async () => {
    if (fault) throw fault;
    return [];
  });
  return {
    clock,
    writability,
    async write(error: Error | null = null) {
      fault = error;
      await flush([], false).catch(() => undefined);
    },
  };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 15_000; !condition(); await pause(5))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}

it('a failed write marks the database unwritable until one succeeds, or for 5 s', async (context) => {
  const { clock, writability, write } = setUp(context, async () => [{ readOnly: false }]);
  assert.equal(writability.refusesWrites, false);
  await write(failure(DISK_FULL));
  assert.equal(writability.refusesWrites, true);
  await write();
  assert.equal(writability.refusesWrites, false);
  await write(failure());
  assert.equal(writability.refusesWrites, true);
  clock.time += 5_000;
  assert.equal(writability.refusesWrites, false);
});

it('a message with an error of its own does not change writability', async (context) => {
  const { writability, write } = setUp(context, async () => []);
  const INVALID_TEXT = '22021';
  const LOCK_NOT_AVAILABLE = '55P03';
  for (const code of [INVALID_TEXT, LOCK_NOT_AVAILABLE]) await write(failure(code));
  assert.equal(writability.refusesWrites, false);
});

it('a probe that finds the disk full or the database read-only counts until another finds space', async (context) => {
  let answer = async () => [{ readOnly: false }];
  let tries = 0;
  const { writability } = setUp(context, () => {
    tries += 1;
    return answer();
  });
  answer = async () => Promise.reject(failure(DISK_FULL));
  await until(() => writability.refusesWrites, 'a full disk');
  answer = async () => [{ readOnly: true }];
  const full = tries;
  await until(() => tries > full, 'another try');
  assert.equal(writability.refusesWrites, true);
  answer = async () => [{ readOnly: false }];
  await until(() => !writability.refusesWrites, 'room');
});

it('a probe without an answer or a connection does not change writability', async (context) => {
  for (const fault of [failure(), failure(TOO_MANY_CONNECTIONS)]) {
    let tries = 0;
    const { writability } = setUp(context, async () => {
      tries += 1;
      throw fault;
    });
    await until(() => tries === 1, 'a try');
    await new Promise(setImmediate);
    assert.equal(writability.refusesWrites, false);
  }
});
