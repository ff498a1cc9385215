/** Promise: what a server remembers of people and addresses goes by itself when it says nothing any more, a little at a time. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCooldowns } from '../src/limits/cooldowns.js';
import { createTokenBuckets } from '../src/limits/token-bucket.js';
import { createSlowMode } from '../src/messages/slow-mode.js';
import { createGradualSweep } from '../src/runtime/gradual-sweep.js';

const CROWD = 50_000;

/** Time that only a test lets pass, and timers that run when it does. */
function openClock() {
  let time = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => time,
    setTimer: (milliseconds: number, run: () => void) => void timers.push({ at: time + milliseconds, run }),
    /** Nothing but timers happens meanwhile. */
    pass(milliseconds: number) {
      const end = time + milliseconds;
      for (;;) {
        const [next] = timers.sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        timers = timers.slice(1);
        time = next.at;
        next.run();
      }
      time = end;
    },
    get timers() {
      return timers.length;
    },
  };
}

it('buckets of a one-time crowd are removed when full, without further traffic', () => {
  const clock = openClock();
  const limit = createTokenBuckets({ burst: 100, perSecond: 20, ...clock });
  for (let key = 0; key < CROWD; key += 1) limit.take(`member ${key}`);
  clock.pass(CROWD / 5_000 + 60_000);
  assert.equal(limit.count, 0);
  assert.equal(clock.timers, 0, 'an idle limit runs no timer');
  limit.take('late');
  clock.pass(60_000);
  assert.equal(limit.count, 0);
});

it('with endless new keys the limit holds for keys that came within one refill time', () => {
  const clock = openClock();
  const limit = createTokenBuckets({ burst: 1, perSecond: 0.1, ...clock });
  const [perSecond, fillsInSeconds] = [100, 10];
  const most: number[] = [];
  for (let second = 0; second < 300; second += 1) {
    for (let each = 0; each < perSecond; each += 1) limit.take(`${second} ${each}`);
    clock.pass(1_000);
    most.push(limit.count);
  }
  const [early, late] = [Math.max(...most.slice(50, 150)), Math.max(...most.slice(200))];
  assert.ok(late <= early, `${early}, then ${late}`);
  assert.ok(late <= 2 * perSecond * fillsInSeconds, `${late}`);
});

it('a bucket that is not full stays until it has refilled, whatever other keys arrive', () => {
  const clock = openClock();
  const limit = createTokenBuckets({ burst: 2, perSecond: 0.1, ...clock });
  limit.take('limited', 2);
  for (let second = 1; second < 10; second += 1) {
    for (let each = 0; each < 1_000; each += 1) limit.take(`${second} ${each}`);
    clock.pass(1_000);
    assert.equal(limit.retryAfter('limited'), 10_000 - second * 1_000);
  }
});

it('cooldowns and remembered texts expire in time', () => {
  const clock = openClock();
  const penalties = createCooldowns({ allowedStrikes: 10, cooldownSeconds: 60, ...clock });
  const recent = createSlowMode(clock.now, clock.setTimer);
  const rules = { slowMode: 10, duplicatesWithin: 30 };
  for (let key = 0; key < CROWD; key += 1) {
    penalties.start(`member ${key}`);
    recent.tryAcquire(`room/${key}`, { content: 'hello', clientId: null, replyTo: null }, rules);
  }
  assert.equal(penalties.count, CROWD);
  assert.deepEqual(recent.count, { people: CROWD, texts: CROWD });
  assert.equal(penalties.remaining('member 0'), 60_000);
  clock.pass(120_000);
  assert.equal(penalties.count, 0);
  assert.deepEqual(recent.count, { people: 0, texts: 0 });
  assert.equal(clock.timers, 0);
});

it('the number of remembered members is bounded, and the oldest are evicted first', () => {
  const clock = openClock();
  const penalties = createCooldowns({ allowedStrikes: 10, cooldownSeconds: 600, ...clock });
  const recent = createSlowMode(clock.now, clock.setTimer);
  const say = (key: number) =>
    recent.tryAcquire(
      `room/${key}`,
      { content: 'hello', clientId: null, replyTo: null },
      { slowMode: 600, duplicatesWithin: 0 },
    ).ok;
  for (let key = 0; key < 100_002; key += 1) {
    penalties.start(`member ${key}`);
    say(key);
  }
  assert.deepEqual([penalties.count, recent.count.people], [100_000, 100_000]);
  assert.deepEqual([penalties.remaining('member 1'), penalties.remaining('member 2')], [0, 600_000]);
  assert.deepEqual([say(2), say(1)], [false, true]);
});

it('each use checks two entries and each timer run 5,000, whatever the total', () => {
  const clock = openClock();
  const entries = new Map(Array.from({ length: CROWD }, (_, key) => [String(key), key]));
  let looks = 0;
  const sweep = createGradualSweep<number>({
    entries,
    isExpired: (key) => {
      looks += 1;
      return key % 2 === 0;
    },
    ...clock,
  });
  sweep.sweepStep();
  assert.equal(looks, 2);
  clock.pass(1_000);
  assert.equal(looks, 5_002);
  clock.pass(20_000);
  assert.equal(entries.size, CROWD / 2);
});
