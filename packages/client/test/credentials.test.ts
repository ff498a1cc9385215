/** Promise: the host is asked for a token when one is needed, once at a time, and not more often than helps. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCredentials } from '../src/credentials.js';
import { createManualClock, flushMicrotasks } from './support/room.js';

/** A token that ends so many seconds from then. */
function tokenUntil(milliseconds: number, extra = {}): string {
  const payload = JSON.stringify({ exp: milliseconds / 1_000, username: '민수', ...extra });
  return `e30.${Buffer.from(payload).toString('base64url')}.signature`;
}

it('a token is due for renewal one minute before it expires; a token without a valid expiry never is', () => {
  const clock = createManualClock();
  const provider = async () => 'another';
  const due = (token: string) => createCredentials({ token, provider, clock }).shouldRenew();
  assert.equal(due(tokenUntil(clock.now() + 61_000)), false);
  assert.equal(due(tokenUntil(clock.now() + 59_000)), true);
  assert.equal(due(tokenUntil(clock.now() - 1_000)), true);
  for (const token of ['', 'a.b.c', 'a.%%%.c', tokenUntil(Number.NaN), 'e30.e30.x'])
    assert.equal(due(token), false);
  const alone = createCredentials({ token: tokenUntil(clock.now()), provider: undefined, clock });
  assert.equal(alone.shouldRenew(), false);
});

it('the token provider is called once at a time, and again with growing backoff when it returns no token', async () => {
  const clock = createManualClock();
  const calls: number[] = [];
  const answers = ['', new Error('no session'), 'fresh'];
  const credentials = createCredentials({
    token: 'old',
    clock,
    async provider() {
      calls.push(clock.now());
      const answer = answers.shift() ?? '';
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const [one, two] = [credentials.renew(), credentials.renew()];
  const start = clock.now();
  for (let second = 0; second < 10; second += 1) {
    await flushMicrotasks();
    clock.wind(500);
  }
  assert.deepEqual(await Promise.all([one, two]), [true, true]);
  assert.equal(credentials.token, 'fresh');
  assert.deepEqual(
    calls.map((at) => at - start),
    [0, 1_000, 3_000],
  );
});

it('a token provider that never answers or never returns a token is given up', async () => {
  for (const provider of [() => new Promise<string>(() => undefined), async () => '']) {
    const clock = createManualClock();
    const credentials = createCredentials({ token: 'old', clock, provider });
    let outcome: boolean | null = null;
    void credentials.renew().then((renewed) => {
      outcome = renewed;
    });
    for (let second = 0; second < 400 && outcome === null; second += 1) {
      await flushMicrotasks();
      clock.wind(1_000);
    }
    assert.equal(outcome, false);
    assert.equal(credentials.token, 'old');
  }
});

it('with a wrong local clock, where every token seems expired, the pauses between provider calls grow', async () => {
  const clock = createManualClock();
  let calls = 0;
  const credentials = createCredentials({
    token: tokenUntil(clock.now()),
    clock,
    async provider() {
      calls += 1;
      return tokenUntil(clock.now(), { calls });
    },
  });
  for (let second = 0; second < 3_600; second += 5) {
    if (credentials.shouldRenew()) void credentials.renew();
    await new Promise(setImmediate);
    clock.wind(5_000);
  }
  assert.ok(calls > 3 && calls < 20, `${calls} calls in an hour`);
});
