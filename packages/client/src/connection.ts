/** Decides when to try to connect, when a connection counts as lost, and what a refusal means; the states are in machine.ts. */

import type { Refusal } from '@chatty/protocol/errors';
import type { Handshake } from '@chatty/protocol/events';
import type { Clock } from './clock.js';
import { type Event, type State, table } from './connection-states.js';
import type { Credentials } from './credentials.js';
import { type Reason, reasonOf } from './refusal.js';
import type { Ask, Dial, Heard } from './socketio-client.js';

export type Connection = {
  readonly state: State;
  /** Why it is refused, or waits where the server said so. */
  readonly reason: Reason | null;
  connect(): void;
  /** Tries at once where it waits, also for the end of a ban, unless it is too soon or the host is being asked for a token. */
  wake(): void;
  /** Leaves the connection, if there is one, and makes a new one at once. */
  anew(): void;
  /** The connection does not answer. */
  drop(): void;
  /** What was missed is here. */
  caughtUp(): void;
  /** The server ends the connection, and says why. */
  refuse(refusal: Refusal): void;
  /** The server is about to stop: a new connection after a random part of `delay` milliseconds. */
  drain(delay: number): void;
  close(): void;
  /** Rejects at once without a connection, and when it breaks before the answer. */
  ask: Ask;
};

/** Waits are random up to this (full jitter, so that a crowd does not come back at once); it doubles up to the last. */
const FIRST_PAUSE = 500;
const LAST_PAUSE = 10_000;
/** Longest time in milliseconds for a handshake, and between two steps of catching up. */
const HANDSHAKE = 10_000;
const PATIENCE = 20_000;
/** Refusals of expired tokens in a row after which the host's tokens are given up. */
const RENEWALS = 3;

export function createConnection(options: {
  dial: Dial;
  url: string;
  auth: () => Handshake;
  credentials: Credentials;
  clock: Clock;
  /** The state changed, or the reason for it. */
  changed: (state: State, reason: Reason | null) => void;
  event: Heard['event'];
}): Connection {
  const { credentials, clock, changed } = options;
  let state: State = 'idle';
  let reason: Reason | null = null;
  let pause = FIRST_PAUSE;
  let renewals = 0;
  /** The era in which the host was asked for a token: until that is over, the old one need not be shown again. */
  let renewing = -1;
  /** The one timer there is: the next try, or the end of patience with the present one. */
  let stop = () => {};
  /** Grows with each connection made or lost: what belongs to an earlier one is not taken for this one's. */
  let era = 0;

  const wire = options.dial({
    url: options.url,
    auth: options.auth,
    heard: {
      up() {
        expect();
        move('open');
      },
      down: () => lost(),
      refused,
      event(name, ...values) {
        if (state === 'recovering') expect();
        options.event(name, ...values);
      },
    },
  });
  const isUp = () => state === 'live' || state === 'recovering';

  function move(event: Event, why: Reason | null = null): void {
    const next = table[state][event] ?? state;
    const still = next === state;
    if (still && (state !== 'waiting' || event !== 'lost' || why?.until === reason?.until)) return;
    state = next;
    reason = why;
    changed(state, reason);
  }

  function after(length: number, callback: () => void): void {
    stop();
    stop = clock.later(callback, length);
  }

  const expect = () => after(PATIENCE, drop);

  function attempt(): void {
    era += 1;
    after(HANDSHAKE, drop);
    wire.connect();
  }

  /** How long the server asks to wait, in milliseconds. */
  const asked = () => Math.max(0, (reason?.until ?? 0) - clock.now());

  function lost(why: Reason | null = null): void {
    era += 1;
    stop();
    move('lost', why);
    if (state !== 'waiting') return;
    after(asked() + clock.random() * pause, attempt);
    pause = Math.min(LAST_PAUSE, pause * 2);
  }

  function drop(): void {
    wire.disconnect();
    lost();
  }

  function anew(): void {
    wire.disconnect();
    stop();
    move('lost');
    move('connect');
    if (state === 'waiting' || state === 'connecting') attempt();
  }

  /** Where the refusal has an end, as a ban may, it is not asked of the visitor to come back: somebody reads along here. */
  function giveUp(why: Reason): void {
    move('refuse', why);
    // Whoever was told of it may have begun something else.
    if (state === 'refused' && reason === why && why.until !== null)
      after(asked() + clock.random() * FIRST_PAUSE, connect);
  }

  function connect(): void {
    if (state !== 'idle' && state !== 'refused') return;
    renewals = 0;
    move('connect');
    attempt();
  }

  function refused(refusal: Refusal): void {
    const why = reasonOf(refusal, clock.now());
    if (refusal.retry === 'later') {
      lost(why);
      return;
    }
    era += 1;
    const mine = era;
    stop();
    if (why.code !== 'token_expired' || !credentials.renewable || renewals === RENEWALS) {
      giveUp(why);
      return;
    }
    renewals += 1;
    renewing = mine;
    move('lost');
    if (mine !== era) return;
    void credentials.renew().then((renewed) => {
      if (mine !== era) return;
      if (renewed) attempt();
      else giveUp(why);
    });
  }

  return {
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    connect,
    wake() {
      if (asked() > 0) return;
      if (state === 'waiting' && renewing !== era) anew();
      // The timer stands still while the machine sleeps.
      else if (state === 'refused' && reason?.until) connect();
    },
    anew,
    drop,
    refuse(refusal) {
      wire.disconnect();
      refused(refusal);
    },
    caughtUp() {
      if (state !== 'recovering') return;
      stop();
      pause = FIRST_PAUSE;
      renewals = 0;
      move('joined');
    },
    drain(delay) {
      if (isUp()) after(clock.random() * delay, anew);
    },
    close() {
      era += 1;
      stop();
      move('close');
      wire.disconnect();
    },
    async ask(name, payload) {
      const mine = era;
      const answer = isUp() ? await wire.ask(name, payload) : null;
      if (!answer || mine !== era) throw new Error('no connection');
      return answer;
    },
  };
}
