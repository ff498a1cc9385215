/** The chat without a face: a connection, an outbox and a timeline put together. */

import type { Code } from '@chatty/protocol/errors';
import type { ChangeAnswer, MembersAnswer, Message, Session, Typist } from '@chatty/protocol/events';
import { TYPING_PAUSE } from '@chatty/protocol/sizes';
import { checkContent } from '@chatty/protocol/validate';
import { type Clock, createTimers, realClock } from './clock.js';
import type { State } from './connection-states.js';
import { createEmitter, type Listeners } from './emitter.js';
import { createOutbox, type Entry, newClientId } from './outbox.js';
import type { Kept } from './outbox-storage.js';
import type { Reason } from './refusal.js';
import { createLink } from './room-connection.js';
import { type Dial, dial } from './socketio-client.js';
import { createTimeline, type Line } from './timeline.js';
import { createPermit } from './write-permission.js';

export type { State } from './connection-states.js';
export type { StoredLine } from './message-run.js';
export type { Entry } from './outbox.js';
export type { PendingLine } from './pending-messages.js';
export type { Reason } from './refusal.js';
export type { GapLine, Line } from './timeline.js';

export type ChatEvents = {
  /** The connection changed; `code` and `until` are a `Reason` where it is `refused`, or `waiting` as the server asked. */
  state: { state: State; code: Code | null; until: number | null };
  /** Who one is, and what one may do here; again when either changes. */
  session: Session;
  /** Whether one may write now changed. */
  bar: Reason | null;
  /** The lines changed, or `more` or `newest` did. */
  lines: readonly Line[];
  /** A message new to this client that arrived live or was caught up with; not the history. */
  message: Message;
  /** How many people are in the room. */
  presence: number;
  /** Somebody else is typing as of now; `watchTyping` knows who still is. */
  typing: Typist;
};

export type Chat = Listeners<ChatEvents> & {
  readonly state: State;
  /** Why it is refused, or waits where the server asked it to. */
  readonly reason: Reason | null;
  readonly session: Session | null;
  /** Why one may not write now; null: may. In slow mode until the next message is allowed. */
  readonly bar: Reason | null;
  readonly lines: readonly Line[];
  /** Whether there are messages older than the first line: `loadOlder` brings them. */
  readonly more: boolean;
  /** Whether the lines reach to the live end; else newer ones exist, which `loadNewer` or `toNewest` bring. */
  readonly newest: boolean;
  /** How many people are in the room; null until the server has said. */
  readonly count: number | null;
  connect(): void;
  /** The network is said to be back, or the page to be seen again. */
  wake(): void;
  /** Ends it all: no socket, timer or listener is left. */
  close(): void;
  /** Queues a message and shows it as pending, at the live end; answers why not when it is empty or too long, a guest's, or barred. */
  send(text: string, replyTo?: number | null): Code | null;
  /** Sends a failed line again under the same client id. */
  retry(clientId: string): void;
  discard(clientId: string): void;
  /** Says that one is typing; to be called at each change of the text, it tells the others every 3 s. */
  typing(): void;
  /** Changes the text of one's own message; answers null when done, else why not. */
  edit(id: number, text: string): Promise<Code | null>;
  /** Deletes one's own message; answers null when done, else why not. */
  remove(id: number): Promise<Code | null>;
  /** Puts one's reaction on a message or takes it back; answers null when done, else why not. */
  react(id: number, emoji: string, on: boolean): Promise<Code | null>;
  /** One page before the first line. Beyond 2,000 lines the newest go: `newest` turns false. */
  loadOlder(): Promise<void>;
  /** One page after the last line, where `newest` is false; the oldest lines go where there are too many. */
  loadNewer(): Promise<void>;
  /** One page before the line that follows the gap; the gap line goes when nothing is missing any more. */
  loadGap(): Promise<void>;
  /** Back to the live end at once; what was loaded before it is let go. */
  toNewest(): void;
  /**
   * Says how to learn which message the reader is at, 0 at the live end: it stays among the lines, however many come
   * (`newest` may turn false). Answers how to take that back.
   */
  hold(reader: () => number): () => void;
  /** Brings the lines around a message, however far back it is: `newest` may turn false. */
  visit(id: number): Promise<void>;
  /** A stored message as it stands here, or null where it is not held; `fetch` asks the server for it. */
  find(id: number): Message | null;
  fetch(id: number): Promise<Message | null>;
  /** The people in the room now, at most `limit` (100); null when the server did not say. */
  members(limit?: number): Promise<MembersAnswer | null>;
  /** A new token, of the same person or another, or none: a guest of `projectId`. The connection is made anew with it. */
  identify(token: string | null): void;
};

export type ChatOptions = {
  /** Origin of the chat server. */
  url: string;
  /** Null: a guest, who reads where `projectId` allows it. */
  token: string | null;
  projectId?: string | null;
  /** One of the project's rooms; null: its main room. */
  room?: string | null;
  /** Asks the host for a new token: near expiry and when the old one has expired, one call at a time. */
  tokenProvider?: (() => Promise<string>) | null;
  /** Keeps lines on their way over a reload; `createKept` makes one, for one chat. */
  kept?: Kept;
};

/** @param parts what a test replaces: time and chance, and the network */
export function createChat(
  options: ChatOptions,
  parts: { clock: Clock; dial: Dial } = { clock: realClock, dial },
): Chat {
  const emitter = createEmitter<ChatEvents>();
  const timeline = createTimeline();
  const clock = createTimers(parts.clock);
  const { kept } = options;
  let { token } = options;
  let session: Session | null = null;
  let count: number | null = null;
  let typedAt = 0;
  const permit = createPermit(clock, (bar) => emitter.emit('bar', bar));

  const link = createLink({
    url: options.url,
    token,
    projectId: options.projectId ?? undefined,
    room: options.room ?? undefined,
    tokenProvider: options.tokenProvider ?? undefined,
    dial: parts.dial,
    clock,
    timeline,
    changed(fresh) {
      show();
      for (const message of fresh) emitter.emit('message', message);
    },
    moved(state, reason) {
      if (state === 'live') outbox.open();
      else outbox.shut();
      emitter.emit('state', { state, code: reason?.code ?? null, until: reason?.until ?? null });
    },
    identified,
    counted(next) {
      count = next;
      emitter.emit('presence', next);
    },
    typed: (who) => emitter.emit('typing', who),
    permitted(permissions) {
      permit.set(permissions, false);
      if (!session) return;
      session = { ...session, ...permissions };
      emitter.emit('session', session);
    },
  });
  const { ask } = link;
  const outbox = createOutbox({
    transmit: ({ content, clientId, replyTo }) =>
      ask('chat message', { content, clientId, ...(replyTo !== null && { replyTo }) }),
    epoch: () => timeline.epoch,
    stored(clientId, { id }) {
      permit.sent(clientId);
      timeline.acknowledge(clientId, id);
      show();
    },
    failed(clientId, code, retryAfter) {
      permit.failed(clientId, code, retryAfter);
      timeline.fail(clientId, code);
      show();
    },
    now: clock.now,
    later: clock.later,
  });

  function show(): void {
    kept?.save(timeline.pending);
    emitter.emit('lines', timeline.lines());
  }

  function identified(next: Session): void {
    const before = timeline.pending;
    permit.set(next, session?.userId !== next.userId);
    session = next;
    timeline.identify(next);
    if (timeline.pending !== before) for (const { clientId } of before) outbox.remove(clientId);
    for (const entry of kept?.load(next) ?? []) enqueue(entry);
    show();
    emitter.emit('session', next);
  }

  function enqueue(entry: Entry): void {
    timeline.pend(entry);
    outbox.add(entry);
  }

  // Also before a new member's session is there: until then the lines are a guest's.
  const isGuest = () => token === null || session?.role === 'guest';

  async function change(asking: () => Promise<ChangeAnswer>): Promise<Code | null> {
    if (isGuest()) return 'login_required';
    // Without an answer the outcome is unknown; the log will tell. A change may be repeated without harm.
    const settled = await asking().catch(() => null);
    if (!settled) return 'unavailable';
    return settled.ok ? null : settled.code;
  }

  return {
    get state() {
      return link.state;
    },
    get reason() {
      return link.reason;
    },
    get session() {
      return session;
    },
    get bar() {
      return permit.bar;
    },
    get lines() {
      return timeline.lines();
    },
    get more() {
      return timeline.more;
    },
    get newest() {
      return timeline.newest;
    },
    get count() {
      return count;
    },
    on: emitter.on,
    connect: link.connect,
    wake: link.wake,
    send(text, replyTo = null) {
      if (isGuest()) return 'login_required';
      const checked = checkContent(text);
      if (!checked.ok) return checked.code;
      if (permit.bar) return permit.bar.code;
      timeline.toNewest();
      const clientId = newClientId();
      enqueue({ content: checked.value, clientId, replyTo, at: clock.now() });
      permit.sent(clientId);
      show();
      return null;
    },
    retry(clientId) {
      const line = timeline.pending.find((each) => each.clientId === clientId);
      if (!line?.failure) return;
      enqueue({ clientId, content: line.content, replyTo: line.replyTo, at: clock.now() });
      show();
    },
    discard(clientId) {
      outbox.remove(clientId);
      timeline.discard(clientId);
      show();
    },
    async edit(id, text) {
      const checked = checkContent(text);
      return checked.ok ? change(() => ask('edit message', { id, content: checked.value })) : checked.code;
    },
    typing() {
      if (isGuest() || clock.now() - typedAt < TYPING_PAUSE) return;
      typedAt = clock.now();
      void ask('typing', {}).catch(() => {});
    },
    remove: (id) => change(() => ask('delete message', { id })),
    react: (id, emoji, on) => change(() => ask('react', { id, emoji, on })),
    loadOlder: () => link.load('older'),
    loadNewer: () => link.load('newer'),
    loadGap: () => link.load('gap'),
    hold(reader) {
      timeline.hold(reader);
      return () => timeline.hold(() => 0);
    },
    visit: link.visit,
    find: timeline.find,
    async fetch(id) {
      const answer = await ask('history', { before: id + 1, limit: 1 }).catch(() => null);
      const [message] = answer?.ok && answer.epoch === timeline.epoch ? answer.messages : [];
      return message?.id === id ? message : null;
    },
    toNewest() {
      timeline.toNewest();
      show();
    },
    members: (limit) => ask('members', limit === undefined ? {} : { limit }).catch(() => null),
    identify(next) {
      token = next;
      link.identify(next);
    },
    close() {
      link.close();
      clock.clear();
      emitter.clear();
    },
  };
}
