/** Promise: the client always knows where it stands, comes back by itself without a crowd, and stops when it is told to. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRefusal } from '@chatty/protocol';
import fc from 'fast-check';
import { Connection } from '../src/connection.js';
import { type ConnectionEvent, type ConnectionState, transitions } from '../src/connection-states.js';
import { createCredentials } from '../src/credentials.js';
import type { SocketIoHandlers } from '../src/socketio-client.js';
import { createManualClock, flushMicrotasks } from './support/room.js';

type Options = {
  random?: number;
  provider?: () => Promise<string>;
  heard?: (state: ConnectionState) => void;
};
function world(options: Options = {}) {
  const clock = { ...createManualClock(), random: () => options.random ?? 0.5 };
  const states: string[] = [];
  const shown: string[] = [];
  let heard: SocketIoHandlers | null = null;
  const credentials = createCredentials({ token: 'first', provider: options.provider, clock });
  const connection = new Connection({
    url: 'http://played',
    auth: () => ({ token: credentials.token }),
    credentials,
    clock,
    onChange(state, reason) {
      states.push(reason ? `${state} ${reason.code}` : state);
      options.heard?.(state);
    },
    onEvent: () => undefined,
    createSocket(dialled) {
      heard = dialled.handlers;
      return {
        connect: () => shown.push(dialled.auth().token ?? 'none'),
        disconnect: () => undefined,
        request: () => new Promise(() => undefined),
      };
    },
  });
  const wire = () => {
    if (!heard) throw new Error('not dialled');
    return heard;
  };
  return { connection, clock, states, tries: () => shown.length, shown, wire };
}

it('every state handles every event, and no event leaves the closed state', () => {
  const states = Object.keys(transitions) as ConnectionState[];
  const event = fc.constantFrom<ConnectionEvent>('connect', 'open', 'joined', 'lost', 'refuse', 'close');
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let state: ConnectionState = 'idle';
      let closed = false;
      for (const each of events) {
        const before: ConnectionState = state;
        state = transitions[state][each] ?? state;
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

it('waits for the retry delay of the server plus random jitter', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0.5 });
  connection.connect();
  wire().onRefused(createRefusal('kicked', 60_000));
  assert.deepEqual(states, ['connecting', 'waiting kicked']);
  // Nor sooner when the network comes back or the page is seen again.
  connection.reconnectNow();
  clock.wind(60_000);
  assert.equal(tries(), 1);
  clock.wind(250);
  assert.equal(tries(), 2);
  // What is no length of time is none.
  wire().onRefused({ ...createRefusal('rate_limited'), retryAfter: 'soon' as unknown as number });
  clock.wind(500);
  assert.equal(tries(), 3);
});

it('retries with jittered exponential backoff from 0.5 s to 10 s', () => {
  const { connection, clock, tries, wire } = world({ random: 0.999 });
  connection.connect();
  const pauses: number[] = [];
  for (let loss = 0; loss < 7; loss += 1) {
    wire().onDisconnect();
    const [before, start] = [tries(), clock.now()];
    while (tries() === before) clock.wind(100);
    pauses.push(clock.now() - start);
  }
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  const lucky = world({ random: 0 });
  lucky.connection.connect();
  lucky.wire().onDisconnect();
  lucky.clock.wind(0);
  assert.equal(lucky.tries(), 2);
});

it('a handshake or recovery that never finishes times out', () => {
  const { connection, clock, states, tries, wire } = world();
  connection.connect();
  clock.wind(10_000);
  assert.deepEqual(states, ['connecting', 'waiting']);
  clock.wind(500);
  wire().onConnect();
  clock.wind(20_000);
  assert.deepEqual(states.slice(2), ['recovering', 'waiting']);
  clock.wind(1_000);
  wire().onConnect();
  connection.markCaughtUp();
  clock.wind(3_600_000);
  assert.deepEqual(states.slice(4), ['recovering', 'live']);
  assert.equal(tries(), 3);
});

it('a waiting client retries immediately on wake', () => {
  const { connection, tries, wire } = world();
  connection.connect();
  wire().onDisconnect();
  connection.reconnectNow();
  assert.equal(tries(), 2);
});

it('leaves a draining server after a random part of the delay, and reconnects immediately', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0.25 });
  connection.connect();
  wire().onConnect();
  connection.markCaughtUp();
  connection.reconnectWithin(8_000);
  clock.wind(1_900);
  assert.equal(connection.state, 'live');
  clock.wind(100);
  assert.deepEqual([states.at(-1), tries()], ['waiting', 2]);
});

it('after the server ends the connection, the client retries or gives up depending on the reason', () => {
  const { connection, clock, states, tries, wire } = world({ random: 0 });
  connection.connect();
  wire().onConnect();
  connection.markCaughtUp();
  connection.disconnectWithRefusal(createRefusal('kicked', 60_000));
  assert.deepEqual([states.at(-1), tries()], ['waiting kicked', 1]);
  clock.wind(60_000);
  wire().onRefused(createRefusal('kicked', 5_000));
  clock.wind(4_900);
  assert.equal(tries(), 2);
  clock.wind(100);
  wire().onConnect();
  connection.markCaughtUp();
  connection.disconnectWithRefusal(createRefusal('banned', 3_600_000));
  clock.wind(3_599_900);
  connection.reconnectNow();
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 3]);
  clock.wind(100);
  assert.deepEqual([states.at(-1), tries()], ['connecting', 4]);
  wire().onRefused(createRefusal('banned'));
  clock.wind(10_000_000_000);
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 4]);
});

it('a ban that expired during sleep is over on wake', () => {
  const { connection, clock, states, tries } = world({ random: 0 });
  connection.connect();
  connection.disconnectWithRefusal(createRefusal('banned', 3_600_000));
  clock.sleep(3_599_000);
  connection.reconnectNow();
  assert.deepEqual([states.at(-1), tries()], ['refused banned', 1]);
  clock.sleep(1_000);
  connection.reconnectNow();
  assert.deepEqual([states.at(-1), tries()], ['connecting', 2]);
});

it('a refusal listener may reconnect immediately, and the end of the ban does not interfere', () => {
  let begin = () => {};
  const { connection, clock, tries } = world({ random: 0, heard: (state) => state === 'refused' && begin() });
  begin = () => connection.connect();
  connection.connect();
  connection.disconnectWithRefusal(createRefusal('banned', 1_000));
  assert.equal(tries(), 2);
  clock.wind(1_000);
  assert.equal(tries(), 2);
  // The handshake is waited for as long as any other.
  clock.wind(9_000);
  assert.equal(connection.state, 'waiting');
});

it('each change of the refusal reason is reported while waiting', () => {
  const { connection, clock, states, wire } = world({ random: 0 });
  connection.connect();
  wire().onDisconnect();
  for (let time = 0; time < 2; time += 1) {
    clock.wind(0);
    wire().onRefused(createRefusal('kicked', 1_000));
    clock.wind(1_000);
    wire().onDisconnect();
  }
  assert.deepEqual(states.slice(1), ['waiting', 'waiting kicked', 'waiting', 'waiting kicked', 'waiting']);
});

it('an expired token is renewed while waiting; any other refusal is final', async () => {
  const tokens = ['second', 'third', 'fourth', 'fifth'];
  const { connection, clock, states, shown, wire } = world({
    provider: async () => tokens.shift() ?? '',
  });
  connection.connect();
  wire().onRefused(createRefusal('token_expired'));
  await flushMicrotasks();
  assert.deepEqual(
    [states, shown],
    [
      ['connecting', 'waiting'],
      ['first', 'second'],
    ],
  );
  // A host that goes on giving expired tokens is asked only so often.
  for (let time = 0; time < 3; time += 1) {
    wire().onRefused(createRefusal('token_expired'));
    await flushMicrotasks();
    clock.wind(60_000);
    await flushMicrotasks();
  }
  assert.deepEqual([states.at(-1), shown.at(-1)], ['refused token_expired', 'fourth']);
  connection.connect();
  wire().onRefused(createRefusal('token_invalid'));
  assert.equal(states.at(-1), 'refused token_invalid');
});

it('a wake during token renewal waits for the token and does not use up retries of the old token', async () => {
  let give: (token: string) => void = () => undefined;
  const provider = () =>
    new Promise<string>((resolve) => {
      give = resolve;
    });
  const { connection, states, shown, wire } = world({ provider });
  connection.connect();
  wire().onRefused(createRefusal('token_expired'));
  for (let time = 0; time < 5; time += 1) {
    connection.reconnectNow();
    await flushMicrotasks();
  }
  assert.deepEqual([states.at(-1), shown], ['waiting', ['first']]);
  give('second');
  await flushMicrotasks();
  assert.deepEqual(shown, ['first', 'second']);
  wire().onDisconnect();
  connection.reconnectNow();
  assert.deepEqual(shown, ['first', 'second', 'second']);
});

it('without a token provider an expired token is refused immediately', () => {
  const { connection, states, wire } = world();
  connection.connect();
  wire().onRefused(createRefusal('token_expired'));
  assert.deepEqual(states, ['connecting', 'refused token_expired']);
});

it('after close nothing runs any more, in any state', () => {
  const act = fc.constantFrom(
    'up',
    'down',
    'reconnectNow',
    'drain',
    'markCaughtUp',
    'reconnect',
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
        if (each === 'up') wire().onConnect();
        else if (each === 'down') wire().onDisconnect();
        else if (each === 'expired') wire().onRefused(createRefusal('token_expired'));
        else if (each === 'kicked') connection.disconnectWithRefusal(createRefusal('kicked', 500));
        else if (each === 'banned') connection.disconnectWithRefusal(createRefusal('banned', 600));
        else if (each === 'drain') connection.reconnectWithin(5_000);
        else if (each === 'wind') clock.wind(700);
        else connection[each]();
      }
      connection.close();
      const before = tries();
      wire().onDisconnect();
      connection.reconnectNow();
      connection.connect();
      clock.wind(100_000);
      assert.deepEqual([connection.state, tries()], ['closed', before]);
    }),
  );
});
