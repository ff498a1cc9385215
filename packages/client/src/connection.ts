/** Decides when to connect, when a connection counts as lost, and how the client reacts to a refusal. */

import type { HandshakeAuth, Refusal } from '@chatty/protocol';
import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';
import { type ConnectionEvent, type ConnectionState, transitions } from './connection-states.js';
import type { Credentials } from './credentials.js';
import { type TimedRefusal, toTimedRefusal } from './refusal.js';
import type { SendRequest, SocketIoClient, SocketIoFactory, SocketIoHandlers } from './socketio-client.js';

export type ConnectionOptions = {
  createSocket: SocketIoFactory;
  url: string;
  auth: () => HandshakeAuth;
  credentials: Credentials;
  clock: Clock;
  /** Reports each change of the state or of the refusal. */
  onChange: (state: ConnectionState, refusal: TimedRefusal | null) => void;
  onEvent: SocketIoHandlers['onEvent'];
};

/** Each pause is a random part of the back-off ("full jitter"), so that many clients do not reconnect at once. */
const INITIAL_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longest time between two events while the client catches up. */
const RECOVERY_STEP_TIMEOUT_MS = 20_000;
/** Refusals of expired tokens in a row after which the client stops asking the host for another. */
const MAX_TOKEN_RENEWALS = 3;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: SocketIoClient;
  readonly #backoff = createBackoff(INITIAL_BACKOFF_MS, MAX_BACKOFF_MS);
  #state: ConnectionState = 'idle';
  #refusal: TimedRefusal | null = null;
  #tokenRenewals = 0;
  /** The generation that waits for a new token of the host: there is no need to try the old one again. */
  #renewingGeneration = -1;
  /** The only timer: for the next attempt, or for the timeout of the current one. */
  #cancelTimer = () => {};
  /** Grows with each connection made or lost: answers of an earlier generation are ignored. */
  #generation = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = options.createSocket({
      url: options.url,
      auth: options.auth,
      handlers: {
        onConnect: () => {
          this.#startStepTimeout();
          this.#transition('open');
        },
        onDisconnect: () => this.#onLost(),
        onRefused: (refusal) => this.#onRefused(refusal),
        onEvent: (name, ...values) => {
          if (this.#state === 'recovering') this.#startStepTimeout();
          options.onEvent(name, ...values);
        },
      },
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why the connection is refused, or waits because the server asked for it. */
  get refusal(): TimedRefusal | null {
    return this.#refusal;
  }

  connect(): void {
    if (this.#state !== 'idle' && this.#state !== 'refused') return;
    this.#tokenRenewals = 0;
    this.#transition('connect');
    this.#startAttempt();
  }

  /** Ends a pause, also one until the end of a ban, unless the server's delay runs or the host is asked for a token. */
  reconnectNow(): void {
    if (this.#serverDelayMs() > 0) return;
    if (this.#state === 'waiting' && this.#renewingGeneration !== this.#generation) this.reconnect();
    // Timers stop while the machine sleeps, so the end of the ban may have passed.
    else if (this.#state === 'refused' && this.#refusal?.until) this.connect();
  }

  /** Drops the current connection, if there is one, and connects again at once. */
  reconnect(): void {
    this.#socket.disconnect();
    this.#cancelTimer();
    this.#transition('lost');
    this.#transition('connect');
    if (this.#state === 'waiting' || this.#state === 'connecting') this.#startAttempt();
  }

  /** The server will stop: connects again after a random part of this delay. */
  reconnectWithin(delayMs: number): void {
    if (this.#isConnected()) this.#schedule(this.#options.clock.random() * delayMs, () => this.reconnect());
  }

  /** Treats a connection that does not answer as lost. */
  abort(): void {
    this.#socket.disconnect();
    this.#onLost();
  }

  /** All missed changes are here. */
  markCaughtUp(): void {
    if (this.#state !== 'recovering') return;
    this.#cancelTimer();
    this.#backoff.reset();
    this.#tokenRenewals = 0;
    this.#transition('joined');
  }

  /** The server refuses the connection after it was made. */
  disconnectWithRefusal(refusal: Refusal): void {
    this.#socket.disconnect();
    this.#onRefused(refusal);
  }

  close(): void {
    this.#generation += 1;
    this.#cancelTimer();
    this.#transition('close');
    this.#socket.disconnect();
  }

  /** Rejects at once without a connection, and when the connection is lost before the answer. */
  readonly request: SendRequest = async (name, payload) => {
    const startedIn = this.#generation;
    const answer = this.#isConnected() ? await this.#socket.request(name, payload) : null;
    if (!answer || startedIn !== this.#generation) throw new Error('no connection');
    return answer;
  };

  #startAttempt(): void {
    this.#generation += 1;
    this.#schedule(HANDSHAKE_TIMEOUT_MS, () => this.abort());
    this.#socket.connect();
  }

  #onLost(refusal: TimedRefusal | null = null): void {
    this.#generation += 1;
    this.#cancelTimer();
    this.#transition('lost', refusal);
    if (this.#state !== 'waiting') return;
    const jitterMs = this.#options.clock.random() * this.#backoff.next();
    this.#schedule(this.#serverDelayMs() + jitterMs, () => this.#startAttempt());
  }

  #onRefused(received: Refusal): void {
    const { clock, credentials } = this.#options;
    const refusal = toTimedRefusal(received, clock.now());
    if (received.retry === 'later') {
      this.#onLost(refusal);
      return;
    }
    this.#generation += 1;
    this.#cancelTimer();
    const mayRenew = credentials.renewable && this.#tokenRenewals < MAX_TOKEN_RENEWALS;
    if (refusal.code === 'token_expired' && mayRenew) this.#renewToken(refusal);
    else this.#enterRefused(refusal);
  }

  #renewToken(refusal: TimedRefusal): void {
    const startedIn = this.#generation;
    this.#tokenRenewals += 1;
    this.#renewingGeneration = startedIn;
    this.#transition('lost');
    if (startedIn !== this.#generation) return;
    void this.#options.credentials.renew().then((renewed) => {
      if (startedIn !== this.#generation) return;
      if (renewed) this.#startAttempt();
      else this.#enterRefused(refusal);
    });
  }

  /** A refusal with an end, such as a ban, ends by itself: the client connects again then. */
  #enterRefused(refusal: TimedRefusal): void {
    this.#transition('refuse', refusal);
    // A listener may have connected again already.
    if (this.#state !== 'refused' || this.#refusal !== refusal || refusal.until === null) return;
    const jitterMs = this.#options.clock.random() * INITIAL_BACKOFF_MS;
    this.#schedule(this.#serverDelayMs() + jitterMs, () => this.connect());
  }

  #transition(event: ConnectionEvent, refusal: TimedRefusal | null = null): void {
    const next = transitions[this.#state][event] ?? this.#state;
    const isNewReasonToWait =
      next === 'waiting' && event === 'lost' && refusal?.until !== this.#refusal?.until;
    if (next === this.#state && !isNewReasonToWait) return;
    this.#state = next;
    this.#refusal = refusal;
    this.#options.onChange(next, refusal);
  }

  #startStepTimeout(): void {
    this.#schedule(RECOVERY_STEP_TIMEOUT_MS, () => this.abort());
  }

  #schedule(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.later(callback, delayMs);
  }

  #isConnected(): boolean {
    return this.#state === 'live' || this.#state === 'recovering';
  }

  /** How long the server still asks to wait. */
  #serverDelayMs(): number {
    return Math.max(0, (this.#refusal?.until ?? 0) - this.#options.clock.now());
  }
}
