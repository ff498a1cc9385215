/** Decides what the parts of a connection do for each other: it follows the room while it stands, and stands again when it fell. */

import type { Message, ServerEvents, Session } from '@chatty/protocol/events';
import type { Clock } from './clock.js';
import { createConnection } from './connection.js';
import type { State } from './connection-states.js';
import { createCredentials } from './credentials.js';
import { createPager } from './history-loader.js';
import { createFollower } from './log-sync.js';
import type { Reason } from './refusal.js';
import type { Ask, Dial } from './socketio-client.js';
import type { Page, Timeline } from './timeline.js';
import { startWatch } from './wake-detector.js';

export type Link = {
  readonly state: State;
  readonly reason: Reason | null;
  connect(): void;
  wake(): void;
  identify(token: string | null): void;
  load(page: Page): Promise<void>;
  visit(id: number): Promise<void>;
  ask: Ask;
  close(): void;
};

/** A connection on which nothing was heard for so long, in milliseconds, is asked whether it stands: a head is due each 10 s. */
const SILENCE = 12_000;

export function createLink(options: {
  url: string;
  token: string | null;
  projectId: string | undefined;
  room: string | undefined;
  tokenProvider: (() => Promise<string>) | undefined;
  dial: Dial;
  clock: Clock;
  timeline: Timeline;
  /** The timeline changed; `fresh` are the messages this client has not had before. */
  changed: (fresh: readonly Message[]) => void;
  moved: (state: State, reason: Reason | null) => void;
  identified: (session: Session) => void;
  counted: (count: number) => void;
  typed: ServerEvents['typing'];
  permitted: ServerEvents['permissions'];
}): Link {
  const { url, token, projectId, room, tokenProvider: provider, dial, clock, timeline, changed } = options;
  const credentials = createCredentials({ token, provider, clock });
  let heardAt = 0;
  let stopWatch: (() => void) | null = null;

  const connection = createConnection({
    dial,
    url,
    auth() {
      const { position, last } = follower;
      const after = position && { ...position, ...(last && { last }) };
      return { token: credentials.token, projectId, room, batch: true, ...(after && { after }) };
    },
    credentials,
    clock,
    changed(state, reason) {
      if (state === 'waiting' || state === 'refused') follower.shut();
      options.moved(state, reason);
      refresh();
    },
    event(name, ...values) {
      heardAt = clock.now();
      const listener = listeners[name] as ((...values: unknown[]) => void) | undefined;
      listener?.(...values);
    },
  });
  const { ask } = connection;
  const follower = createFollower({
    timeline,
    ask,
    clock,
    changed(fresh) {
      changed(fresh);
      refresh();
    },
    caughtUp: connection.caughtUp,
    drop: connection.drop,
  });
  const pager = createPager({ timeline, ask, changed: () => changed([]) });

  const listeners: Partial<ServerEvents> = {
    session: options.identified,
    history: follower.history,
    messages: follower.frame,
    head: follower.head,
    presence: ({ count }) => options.counted(count),
    typing: options.typed,
    permissions: options.permitted,
    refused(refusal) {
      if (refusal.event === 'connection') connection.refuse(refusal);
    },
    draining: ({ delay }) => connection.drain(delay),
  };

  function refresh(): void {
    if (connection.state === 'live') void pager.refresh();
  }

  function wake(): void {
    connection.wake();
    if (connection.state === 'live') follower.probe();
  }

  function tick(): void {
    if (connection.state === 'live' && clock.now() - heardAt > SILENCE) follower.probe();
    if (credentials.due()) void credentials.renew();
  }

  return {
    get state() {
      return connection.state;
    },
    get reason() {
      return connection.reason;
    },
    connect() {
      if (connection.state === 'idle') stopWatch = startWatch({ clock, tick, wake });
      connection.connect();
    },
    wake,
    identify(next) {
      if (next === credentials.token) return;
      credentials.replace(next);
      if (connection.state !== 'idle' && connection.state !== 'closed') connection.anew();
    },
    load: pager.load,
    visit: pager.visit,
    ask,
    close() {
      stopWatch?.();
      connection.close();
    },
  };
}
