/** The chat without a face: a connection, an outbox and a timeline put together. */

import type {
  ChangeAnswer,
  MembersAnswer,
  Message,
  RefusalCode,
  Session,
  TypingUser,
} from '@chatty/protocol';
import { TYPING_INTERVAL_MS, validateContent } from '@chatty/protocol';
import { type Clock, createCancellableClock, realClock } from './clock.js';
import type { ConnectionState } from './connection-states.js';
import { createEmitter, type Listeners } from './emitter.js';
import { newClientId, Outbox, type OutgoingMessage } from './outbox.js';
import type { TimedRefusal } from './refusal.js';
import { createRoomConnection } from './room-connection.js';
import { createSocketIoClient, type SocketIoFactory } from './socketio-client.js';
import { createTimeline, type TimelineItem } from './timeline.js';
import { createWritePermission } from './write-permission.js';

export type { ConnectionState } from './connection-states.js';
export type { TimedRefusal } from './refusal.js';
export type { TimelineItem } from './timeline.js';

export type ChatEvents = {
  /** The connection changed; `code` and `until` are a `Reason` where it is `refused`, or `waiting` as the server asked. */
  state: { state: ConnectionState; code: RefusalCode | null; until: number | null };
  /** Who one is, and what one may do here; again when either changes. */
  session: Session;
  /** Whether one may write now changed. */
  writeBlock: TimedRefusal | null;
  /** The lines changed, or `more` or `newest` did. */
  items: readonly TimelineItem[];
  /** A message new to this client that arrived live or was caught up with; not the history. */
  message: Message;
  /** How many people are in the room. */
  presence: number;
  /** Somebody else is typing as of now; `watchTyping` knows who still is. */
  typing: TypingUser;
};

export type ChatClient = Listeners<ChatEvents> & {
  readonly state: ConnectionState;
  /** Why it is refused, or waits where the server asked it to. */
  readonly refusal: TimedRefusal | null;
  readonly session: Session | null;
  /** Why one may not write now; null: may. In slow mode until the next message is allowed. */
  readonly writeBlock: TimedRefusal | null;
  readonly items: readonly TimelineItem[];
  /** Whether there are messages older than the first line: `loadOlder` brings them. */
  readonly hasOlder: boolean;
  /** Whether the lines reach to the live end; else newer ones exist, which `loadNewer` or `toNewest` bring. */
  readonly atLatest: boolean;
  /** How many people are in the room; null until the server has said. */
  readonly memberCount: number | null;
  connect(): void;
  /** The network is said to be back, or the page to be seen again. */
  reconnectNow(): void;
  /** Ends it all: no socket, timer or listener is left. */
  close(): void;
  /** Queues a message and shows it as pending, at the live end; answers why not when it is empty or too long, a guest's, or barred. */
  send(text: string, replyTo?: number | null): RefusalCode | null;
  /** Sends a failed line again under the same client id. */
  retry(clientId: string): void;
  discard(clientId: string): void;
  /** Says that one is typing; to be called at each change of the text, it tells the others every 3 s. */
  notifyTyping(): void;
  /** Changes the text of one's own message; answers null when done, else why not. */
  edit(id: number, text: string): Promise<RefusalCode | null>;
  /** Deletes one's own message; answers null when done, else why not. */
  remove(id: number): Promise<RefusalCode | null>;
  /** Puts one's reaction on a message or takes it back; answers null when done, else why not. */
  react(id: number, emoji: string, on: boolean): Promise<RefusalCode | null>;
  /** One page before the first line. Beyond 2,000 lines the newest go: `newest` turns false. */
  loadOlder(): Promise<void>;
  /** One page after the last line, where `newest` is false; the oldest lines go where there are too many. */
  loadNewer(): Promise<void>;
  /** One page before the line that follows the gap; the gap line goes when nothing is missing any more. */
  loadGap(): Promise<void>;
  /** Back to the live end at once; what was loaded before it is let go. */
  jumpToLatest(): void;
  /**
   * Says how to learn which message the reader is at, 0 at the live end: it stays among the lines, however many come
   * (`newest` may turn false). Answers how to take that back.
   */
  trackReadPosition(getReadId: () => number): () => void;
  /** Brings the lines around a message, however far back it is: `newest` may turn false. */
  loadAround(id: number): Promise<void>;
  /** A stored message as it stands here, or null where it is not held; `fetch` asks the server for it. */
  find(id: number): Message | null;
  fetch(id: number): Promise<Message | null>;
  /** The people in the room now, at most `limit` (100); null when the server did not say. */
  members(limit?: number): Promise<MembersAnswer | null>;
  /** A new token, of the same person or another, or none: a guest of `projectId`. The connection is made anew with it. */
  setToken(token: string | null): void;
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
};

/** @param dependencies what a test replaces: time and chance, and the network */
export function createChatClient(
  options: ChatOptions,
  dependencies: { clock: Clock; createSocket: SocketIoFactory } = {
    clock: realClock,
    createSocket: createSocketIoClient,
  },
): ChatClient {
  const emitter = createEmitter<ChatEvents>();
  const timeline = createTimeline();
  const clock = createCancellableClock(dependencies.clock);
  let { token } = options;
  let session: Session | null = null;
  let memberCount: number | null = null;
  let lastTypingAt = 0;
  const writePermission = createWritePermission(clock, (block) => emitter.emit('writeBlock', block));

  const roomConnection = createRoomConnection({
    url: options.url,
    token,
    projectId: options.projectId ?? undefined,
    room: options.room ?? undefined,
    tokenProvider: options.tokenProvider ?? undefined,
    createSocket: dependencies.createSocket,
    clock,
    timeline,
    onChange(newMessages) {
      publish();
      for (const message of newMessages) emitter.emit('message', message);
    },
    onStateChange(state, refusal) {
      if (state === 'live') outbox.resume();
      else outbox.suspend();
      emitter.emit('state', { state, code: refusal?.code ?? null, until: refusal?.until ?? null });
    },
    onSession,
    onPresence(next) {
      memberCount = next;
      emitter.emit('presence', next);
    },
    onTyping: (who) => emitter.emit('typing', who),
    onPermissions(permissions) {
      writePermission.set(permissions, false);
      if (!session) return;
      session = { ...session, ...permissions };
      emitter.emit('session', session);
    },
  });
  const { request } = roomConnection;
  const outbox = new Outbox({
    transmit: ({ content, clientId, replyTo }) =>
      request('chat message', { content, clientId, ...(replyTo !== null && { replyTo }) }),
    epoch: () => timeline.epoch,
    onStored(clientId, { id }) {
      writePermission.onSent(clientId);
      timeline.acknowledge(clientId, id);
      publish();
    },
    onFailed(clientId, code, retryAfter) {
      writePermission.onFailed(clientId, code, retryAfter);
      timeline.markFailed(clientId, code);
      publish();
    },
    clock,
  });

  function publish(): void {
    emitter.emit('items', timeline.items());
  }

  function onSession(next: Session): void {
    const pendingBefore = timeline.pending;
    writePermission.set(next, session?.userId !== next.userId);
    session = next;
    timeline.setSession(next);
    if (timeline.pending !== pendingBefore) for (const { clientId } of pendingBefore) outbox.remove(clientId);
    publish();
    emitter.emit('session', next);
  }

  function enqueue(message: OutgoingMessage): void {
    timeline.addPending(message);
    outbox.add(message);
  }

  // Also before a new member's session is there: until then the lines are a guest's.
  const isGuest = () => token === null || session?.role === 'guest';

  async function requestChange(sendRequest: () => Promise<ChangeAnswer>): Promise<RefusalCode | null> {
    if (isGuest()) return 'login_required';
    // Without an answer the outcome is unknown; the log will tell. A change may be repeated without harm.
    const answer = await sendRequest().catch(() => null);
    if (!answer) return 'unavailable';
    return answer.ok ? null : answer.code;
  }

  return {
    get state() {
      return roomConnection.state;
    },
    get refusal() {
      return roomConnection.refusal;
    },
    get session() {
      return session;
    },
    get writeBlock() {
      return writePermission.writeBlock;
    },
    get items() {
      return timeline.items();
    },
    get hasOlder() {
      return timeline.hasOlder;
    },
    get atLatest() {
      return timeline.atLatest;
    },
    get memberCount() {
      return memberCount;
    },
    on: emitter.on,
    connect: roomConnection.connect,
    reconnectNow: roomConnection.reconnectNow,
    send(text, replyTo = null) {
      if (isGuest()) return 'login_required';
      const validated = validateContent(text);
      if (!validated.ok) return validated.code;
      if (writePermission.writeBlock) return writePermission.writeBlock.code;
      timeline.jumpToLatest();
      const clientId = newClientId();
      enqueue({ content: validated.value, clientId, replyTo, at: clock.now() });
      writePermission.onSent(clientId);
      publish();
      return null;
    },
    retry(clientId) {
      const item = timeline.pending.find((pendingItem) => pendingItem.clientId === clientId);
      if (!item?.failure) return;
      enqueue({ clientId, content: item.content, replyTo: item.replyTo, at: clock.now() });
      publish();
    },
    discard(clientId) {
      outbox.remove(clientId);
      timeline.discardPending(clientId);
      publish();
    },
    async edit(id, text) {
      const validated = validateContent(text);
      return validated.ok
        ? requestChange(() => request('edit message', { id, content: validated.value }))
        : validated.code;
    },
    notifyTyping() {
      if (isGuest() || clock.now() - lastTypingAt < TYPING_INTERVAL_MS) return;
      lastTypingAt = clock.now();
      void request('typing', {}).catch(() => {});
    },
    remove: (id) => requestChange(() => request('delete message', { id })),
    react: (id, emoji, on) => requestChange(() => request('react', { id, emoji, on })),
    loadOlder: () => roomConnection.loadPage('older'),
    loadNewer: () => roomConnection.loadPage('newer'),
    loadGap: () => roomConnection.loadPage('gap'),
    trackReadPosition(getReadId) {
      timeline.trackReadPosition(getReadId);
      return () => timeline.trackReadPosition(() => 0);
    },
    loadAround: roomConnection.loadAround,
    find: timeline.find,
    async fetch(id) {
      const answer = await request('history', { before: id + 1, limit: 1 }).catch(() => null);
      const [message] = answer?.ok && answer.epoch === timeline.epoch ? answer.messages : [];
      return message?.id === id ? message : null;
    },
    jumpToLatest() {
      timeline.jumpToLatest();
      publish();
    },
    members: (limit) => request('members', limit === undefined ? {} : { limit }).catch(() => null),
    setToken(next) {
      token = next;
      roomConnection.setToken(next);
    },
    close() {
      roomConnection.close();
      clock.clear();
      emitter.clear();
    },
  };
}
