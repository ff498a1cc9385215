/** Decides when to try to connect, when a connection counts as lost, and what a refusal means; the states are in machine.ts. */

import type { HandshakeAuth, Refusal } from '@chatty/protocol';
import type { Clock } from './clock.js';
import { type ConnectionEvent, type ConnectionState, transitions } from './connection-states.js';
import type { Credentials } from './credentials.js';
import { type TimedRefusal, toTimedRefusal } from './refusal.js';
import type { SendRequest, SocketIoFactory, SocketIoHandlers } from './socketio-client.js';

export type Connection = {
  readonly state: ConnectionState;
  /** Why it is refused, or waits where the server said so. */
  readonly refusal: TimedRefusal | null;
  connect(): void;
  /** Tries at once where it waits, also for the end of a ban, unless it is too soon or the host is being asked for a token. */
  reconnectNow(): void;
  /** Leaves the connection, if there is one, and makes a new one at once. */
  reconnect(): void;
  /** The connection does not answer. */
  abort(): void;
  /** What was missed is here. */
  markCaughtUp(): void;
  /** The server ends the connection, and says why. */
  disconnectWithRefusal(refusal: Refusal): void;
  /** The server is about to stop: a new connection after a random part of `delay` milliseconds. */
  reconnectWithin(delay: number): void;
  close(): void;
  /** Rejects at once without a connection, and when it breaks before the answer. */
  request: SendRequest;
};

/** Waits are random up to this (full jitter, so that a crowd does not come back at once); it doubles up to the last. */
const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;
/** Longest time in milliseconds for a handshake, and between two steps of catching up. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const RECOVERY_STEP_TIMEOUT_MS = 20_000;
/** Refusals of expired tokens in a row after which the host's tokens are given up. */
const MAX_TOKEN_RENEWALS = 3;

export function createConnection(options: {
  createSocket: SocketIoFactory;
  url: string;
  auth: () => HandshakeAuth;
  credentials: Credentials;
  clock: Clock;
  /** The state changed, or the reason for it. */
  onChange: (state: ConnectionState, refusal: TimedRefusal | null) => void;
  onEvent: SocketIoHandlers['onEvent'];
}): Connection {
  const { credentials, clock, onChange } = options;
  let state: ConnectionState = 'idle';
  let refusal: TimedRefusal | null = null;
  let backoffMs = INITIAL_BACKOFF_MS;
  let tokenRenewals = 0;
  /** The era in which the host was asked for a token: until that is over, the old one need not be shown again. */
  let renewingAttempt = -1;
  /** The one timer there is: the next try, or the end of patience with the present one. */
  let cancelTimer = () => {};
  /** Grows with each connection made or lost: what belongs to an earlier one is not taken for this one's. */
  let attemptId = 0;

  const socket = options.createSocket({
    url: options.url,
    auth: options.auth,
    handlers: {
      onConnect() {
        armStepTimeout();
        transition('open');
      },
      onDisconnect: () => onLost(),
      onRefused,
      onEvent(name, ...values) {
        if (state === 'recovering') armStepTimeout();
        options.onEvent(name, ...values);
      },
    },
  });
  const isConnected = () => state === 'live' || state === 'recovering';

  function transition(onEvent: ConnectionEvent, newRefusal: TimedRefusal | null = null): void {
    const next = transitions[state][onEvent] ?? state;
    const unchanged = next === state;
    if (unchanged && (state !== 'waiting' || onEvent !== 'lost' || newRefusal?.until === refusal?.until))
      return;
    state = next;
    refusal = newRefusal;
    onChange(state, refusal);
  }

  function schedule(delayMs: number, callback: () => void): void {
    cancelTimer();
    cancelTimer = clock.later(callback, delayMs);
  }

  const armStepTimeout = () => schedule(RECOVERY_STEP_TIMEOUT_MS, abort);

  function startAttempt(): void {
    attemptId += 1;
    schedule(HANDSHAKE_TIMEOUT_MS, abort);
    socket.connect();
  }

  /** How long the server asks to wait, in milliseconds. */
  const serverDelayMs = () => Math.max(0, (refusal?.until ?? 0) - clock.now());

  function onLost(newRefusal: TimedRefusal | null = null): void {
    attemptId += 1;
    cancelTimer();
    transition('lost', newRefusal);
    if (state !== 'waiting') return;
    schedule(serverDelayMs() + clock.random() * backoffMs, startAttempt);
    backoffMs = Math.min(MAX_BACKOFF_MS, backoffMs * 2);
  }

  function abort(): void {
    socket.disconnect();
    onLost();
  }

  function reconnect(): void {
    socket.disconnect();
    cancelTimer();
    transition('lost');
    transition('connect');
    if (state === 'waiting' || state === 'connecting') startAttempt();
  }

  /** Where the refusal has an end, as a ban may, it is not asked of the visitor to come back: somebody reads along here. */
  function enterRefused(newRefusal: TimedRefusal): void {
    transition('refuse', newRefusal);
    // Whoever was told of it may have begun something else.
    if (state === 'refused' && refusal === newRefusal && newRefusal.until !== null)
      schedule(serverDelayMs() + clock.random() * INITIAL_BACKOFF_MS, connect);
  }

  function connect(): void {
    if (state !== 'idle' && state !== 'refused') return;
    tokenRenewals = 0;
    transition('connect');
    startAttempt();
  }

  function onRefused(refusal: Refusal): void {
    const newRefusal = toTimedRefusal(refusal, clock.now());
    if (refusal.retry === 'later') {
      onLost(newRefusal);
      return;
    }
    attemptId += 1;
    const startedAttempt = attemptId;
    cancelTimer();
    if (
      newRefusal.code !== 'token_expired' ||
      !credentials.renewable ||
      tokenRenewals === MAX_TOKEN_RENEWALS
    ) {
      enterRefused(newRefusal);
      return;
    }
    tokenRenewals += 1;
    renewingAttempt = startedAttempt;
    transition('lost');
    if (startedAttempt !== attemptId) return;
    void credentials.renew().then((renewed) => {
      if (startedAttempt !== attemptId) return;
      if (renewed) startAttempt();
      else enterRefused(newRefusal);
    });
  }

  return {
    get state() {
      return state;
    },
    get refusal() {
      return refusal;
    },
    connect,
    reconnectNow() {
      if (serverDelayMs() > 0) return;
      if (state === 'waiting' && renewingAttempt !== attemptId) reconnect();
      // The timer stands still while the machine sleeps.
      else if (state === 'refused' && refusal?.until) connect();
    },
    reconnect,
    abort,
    disconnectWithRefusal(refusal) {
      socket.disconnect();
      onRefused(refusal);
    },
    markCaughtUp() {
      if (state !== 'recovering') return;
      cancelTimer();
      backoffMs = INITIAL_BACKOFF_MS;
      tokenRenewals = 0;
      transition('joined');
    },
    reconnectWithin(delay) {
      if (isConnected()) schedule(clock.random() * delay, reconnect);
    },
    close() {
      attemptId += 1;
      cancelTimer();
      transition('close');
      socket.disconnect();
    },
    async request(name, payload) {
      const startedAttempt = attemptId;
      const answer = isConnected() ? await socket.request(name, payload) : null;
      if (!answer || startedAttempt !== attemptId) throw new Error('no connection');
      return answer;
    },
  };
}
