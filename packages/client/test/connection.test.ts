/** Promise: the client always knows where it stands, comes back by itself without a crowd, and stops when it is told to. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createConnection } from '@chatty/client/connection';
import { type Event, type State, table } from '@chatty/client/connection-states';
import { createCredentials } from '@chatty/client/credentials';
import type { Heard } from '@chatty/client/socketio-client';
import { refusal } from '@chatty/protocol/errors';
import fc from 'fast-check';
import { createHandClock, settle } from './support/room.js';

/** A connection whose other end is played by hand; `random` is what chance gives. */
function world(
  options: { random?: number; provider?: () => Promise<string>; heard?: (state: State) => void } = {},
) {
  const clock = { ...createHandClock(), random: () => options.random ?? 0.5 };
  const states: string[] = [];
  const shown: string[] = [];
  let heard: Heard | null = null;
  const credentials = createCredentials({ token: 'first', provider: options.provider, clock });
  const connection = createConnection({
    url: 'http://played',
    auth: () => ({ token: credentials.token }),
    credentials,
    clock,
    changed(state, reason) {
      states.push(reason ? `${state} ${reason.code}` : state);
      options.heard?.(state);
    },
    event: () => undefined,
    dial(dialled) {
      heard = dialled.heard;
      return {
        connect: () => shown.push(dialled.auth().token ?? 'none'),
        disconnect: () => undefined,
        ask: () => new Promise(() => undefined),
      };
    },
  });
  const wire = () => {
    if (!heard) throw new Error('not dialled');
    return heard;
  };
  return { connection, clock, states, tries: () => shown.length, shown, wire };
}

it('in every state every event leads to a state, and nothing leads out of closed', () => {
  const states = Object.keys(table) as State[];
  const event = fc.constantFrom<Event>('connect', 'open', 'joined', 'lost', 'refuse', 'close');
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let state: State = 'idle';
      let closed = false;
      for (const each of events) {
        const before: State = state;
        state = table[state][each] ?? state;
        closed ||= each === 'close';
        assert.ok(states.includes(state));
        assert.equal(state === 'closed', closed);
        // Live is reached by catching up only, and catching up by a handshake only.
        if (state === 'live' && before !== 'live') assert.deepEqual([before, each], ['recovering', 'joined']);
        if (state === 'recovering' && before !== 'recovering') assert.equal(each, 'open');
      }
    }),
  );
});

it('waits as long as the server asks for, and a little of its own against the crowd', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0.5 });
  connection.connect();
  wire().refused(refusal('kicked', 60_000));
  assert.deepEqual(states, ['connecting', 'waiting kicked']);
  // Nor sooner when the network comes back or the page is seen again.
  connection.wake();
  clock.wind(60_000);
  assert.equal(tries(), 1);
  clock.wind(250);
  assert.equal(tries(), 2);
  // What is no length of time is none.
  wire().refused({ ...refusal('rate_limited'), retryAfter: 'soon' as unknown as number });
  clock.wind(500);
  assert.equal(tries(), 3);
});

it('tries again after pauses that double from half a second to ten, each shortened by chance', () => {
  const { connection, clock, tries, wire } = world({ random: 0.999 });
  connection.connect();
  const pauses: number[] = [];
  for (let loss = 0; loss < 7; loss += 1) {
    wire().down();
    const [before, start] = [tries(), clock.now()];
    while (tries() === before) clock.wind(100);
    pauses.push(clock.now() - start);
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  const lucky = world({ random: 0 });
  lucky.connection.connect();
  lucky.wire().down();
  lucky.clock.wind(0);
  assert.equal(lucky.tries(), 2);
});

it('a handshake or a recovery that does not come to an end is given up', () => {
  const { connection, clock, states, tries, wire } = world();
  connection.connect();
  clock.wind(10_000);
  assert.deepEqual(states, ['connecting', 'waiting']);
  clock.wind(500);
  wire().up();
  clock.wind(20_000);
  assert.deepEqual(states.slice(2), ['recovering', 'waiting']);
  clock.wind(1_000);
  wire().up();
  connection.caughtUp();
  clock.wind(3_600_000);
  assert.deepEqual(states.slice(4), ['recovering', 'live']);
  assert.equal(tries(), 3);
});

it('a waiting client tries at once when it is woken', () => {
  const { connection, tries, wire } = world();
  connection.connect();
  wire().down();
  connection.wake();
  assert.equal(tries(), 2);
});

it('leaves a server that is about to stop after a random part of the delay, and comes back at once', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0.25 });
  connection.connect();
  wire().up();
  connection.caughtUp();
  connection.drain(8_000);
  clock.wind(1_900);
  assert.equal(connection.state, 'live');
  clock.wind(100);
  assert.deepEqual([states.at(-1), tries()], ['waiting', 2]);
});

it('a connection that the server ends is waited for or given up, as it says why', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0 });
  connection.connect();
  wire().up();
  connection.caughtUp();
  connection.refuse(refusal('kicked', 60_000));
  assert.deepEqual([states.at(-1), tries()], ['waiting kicked', 1]);
  clock.wind(60_000);
  wire().refused(refusal('kicked', 5_000));
  clock.wind(4_900);
  assert.equal(tries(), 2);
  clock.wind(100);
  wire().up();
  connection.caughtUp();
  connection.refuse(refusal('banned', 3_600_000));
  clock.wind(3_599_900);
  connection.wake();
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 3]);
  clock.wind(100);
  assert.deepEqual([states.at(-1), tries()], ['connecting', 4]);
  wire().refused(refusal('banned'));
  clock.wind(10_000_000_000);
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 4]);
});

it('a ban that ended while the machine slept is over when it wakes up', () => {
  const { connection, clock, states, tries } = world({ random: 0 });
  connection.connect();
  connection.refuse(refusal('banned', 3_600_000));
  clock.sleep(3_599_000);
  connection.wake();
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 1]);
  clock.sleep(1_000);
  connection.wake();
  assert.deepEqual([states.at(-1), tries()], ['connecting', 2]);
});

it('who is told of a refusal may at once begin anew: the end of the ban does not come between', () => {
  let begin = () => {};
  const { connection, clock, tries } = world({ random: 0, heard: (state) => state === 'refused' && begin() });
  begin = () => connection.connect();
  connection.connect();
  connection.refuse(refusal('banned', 1_000));
  assert.equal(tries(), 2);
  clock.wind(1_000);
  assert.equal(tries(), 2);
  // The handshake is waited for as long as any other.
  clock.wind(9_000);
  assert.equal(connection.state, 'waiting');
});

it('while it waits, it is told each time that the reason is another', () => {
  const { connection, clock, states, wire } = world({ random: 0 });
  connection.connect();
  wire().down();
  for (let time = 0; time < 2; time += 1) {
    clock.wind(0);
    wire().refused(refusal('kicked', 1_000));
    clock.wind(1_000);
    wire().down();
  }
  assert.deepEqual(states.slice(1), ['waiting', 'waiting kicked', 'waiting', 'waiting kicked', 'waiting']);
});

it('a token that has expired is renewed while it waits, any other refusal is the end', async () => {
  const tokens = ['second', 'third', 'fourth', 'fifth'];
  const { connection, clock, states, shown, wire } = world({
    provider: async () => tokens.shift() ?? '',
  });
  connection.connect();
  wire().refused(refusal('token_expired'));
  await settle();
  assert.deepEqual(
    [states, shown],
    [
      ['connecting', 'waiting'],
      ['first', 'second'],
    ],
  );
  // A host that goes on giving expired tokens is asked only so often.
  for (let time = 0; time < 3; time += 1) {
    wire().refused(refusal('token_expired'));
    await settle();
    clock.wind(60_000);
    await settle();
  }
  assert.deepEqual([states.at(-1), shown.at(-1)], ['refused token_expired', 'fourth']);
  connection.connect();
  wire().refused(refusal('token_invalid'));
  assert.equal(states.at(-1), 'refused token_invalid');
});

it('who wakes up while the host is asked for a token waits for it, and does not use up the tries of the old one', async () => {
  let give: (token: string) => void = () => undefined;
  const provider = () =>
    new Promise<string>((resolve) => {
      give = resolve;
    });
  const { connection, states, shown, wire } = world({ provider });
  connection.connect();
  wire().refused(refusal('token_expired'));
  for (let time = 0; time < 5; time += 1) {
    connection.wake();
    await settle();
  }
  assert.deepEqual([states.at(-1), shown], ['waiting', ['first']]);
  give('second');
  await settle();
  assert.deepEqual(shown, ['first', 'second']);
  wire().down();
  connection.wake();
  assert.deepEqual(shown, ['first', 'second', 'second']);
});

it('without a host to ask an expired token is refused at once', () => {
  const { connection, states, wire } = world();
  connection.connect();
  wire().refused(refusal('token_expired'));
  assert.deepEqual(states, ['connecting', 'refused token_expired']);
});

it('after close nothing runs any more, whatever it was doing', () => {
  const act = fc.constantFrom(
    'up',
    'down',
    'wake',
    'drain',
    'caughtUp',
    'anew',
    'expired',
    'kicked',
    'banned',
    'wind',
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
      const { connection, clock, wire, tries } = world({ provider: () => new Promise(() => undefined) });
      connection.connect();
      for (const each of acts) {
        if (each === 'up') wire().up();
        else if (each === 'down') wire().down();
        else if (each === 'expired') wire().refused(refusal('token_expired'));
        else if (each === 'kicked') connection.refuse(refusal('kicked', 500));
        else if (each === 'banned') connection.refuse(refusal('banned', 600));
        else if (each === 'drain') connection.drain(5_000);
        else if (each === 'wind') clock.wind(700);
        else connection[each]();
      }
      connection.close();
      const before = tries();
      wire().down();
      connection.wake();
      connection.connect();
      clock.wind(100_000);
      assert.deepEqual([connection.state, tries()], ['closed', before]);
    }),
  );
});
