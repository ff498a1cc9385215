/** What the model tests stand on: a room's log as the protocol describes it, and a clock that is wound by hand. */

import type { ChangeFrame, LogPosition, Message, Session } from '@chatty/protocol';
import { HISTORY_SIZE, MAX_SYNC_PAGE_SIZE } from '@chatty/protocol';
import type { Clock } from '../../src/clock.js';

export type ModelRoom = {
  readonly position: LogPosition;
  /** Every message in its latest state, ascending by id. */
  allMessages(): Message[];
  post(draft?: Partial<Message>): Message;
  edit(id: number, content: string): void;
  remove(id: number): void;
  /** The log of a restored backup: another epoch, and the newest changes gone. */
  restoreBackup(lost: number): void;
  latestMessages(): Message[];
  messagesBefore(id: number, limit: number): { epoch: string; messages: Message[]; more: boolean };
  /** What changed after a position, at most `limit` changes; null where that is too far back or of another log. */
  changesAfter(position: LogPosition, limit?: number): ChangeFrame | null;
};

/**
 * @param maxSyncDistance how many changes back a follower can still catch up
 * @param maxFrameMessages how many messages one answer holds, where they are long
 */
export function createModelRoom(
  maxSyncDistance = 700,
  maxFrameMessages = Number.POSITIVE_INFINITY,
): ModelRoom {
  let messages = new Map<number, Message>();
  let position: LogPosition = { epoch: 'epoch-1', seq: 0 };
  /** Counts on over a restored backup: what tells messages of two logs apart that have the same id. */
  let written = 0;

  const next = () => {
    position = { ...position, seq: position.seq + 1 };
    return position.seq;
  };
  const all = () => [...messages.values()].sort((a, b) => a.id - b.id);

  function change(id: number, over: Partial<Message>): void {
    const message = messages.get(id);
    if (message && !message.deleted_at) messages.set(id, { ...message, ...over, seq: next() });
  }

  return {
    get position() {
      return position;
    },
    allMessages: all,
    post(draft = {}) {
      const known = all().find(({ clientId }) => clientId !== null && clientId === draft.clientId);
      if (known) return known;
      const id = next();
      written += 1;
      const message = createMessage(id, { created_at: new Date(written * 1_000).toISOString(), ...draft });
      messages.set(id, message);
      return message;
    },
    edit: (id, content) => change(id, { content, edited_at: 'later' }),
    remove: (id) => change(id, { content: '', deleted_at: 'later' }),
    restoreBackup(lost) {
      const seq = Math.max(0, position.seq - lost);
      position = { epoch: `${position.epoch}+`, seq };
      messages = new Map(all().flatMap((message) => (message.seq <= seq ? [[message.id, message]] : [])));
    },
    latestMessages: () => all().slice(-Math.min(HISTORY_SIZE, maxFrameMessages)),
    messagesBefore(id, limit) {
      const older = all().filter((message) => message.id < id);
      const messages = older.slice(-Math.min(limit, maxFrameMessages));
      return { epoch: position.epoch, messages, more: messages.length < older.length };
    },
    changesAfter({ epoch, seq }, limit = Math.min(MAX_SYNC_PAGE_SIZE, maxFrameMessages)) {
      if (epoch !== position.epoch || seq > position.seq || seq < position.seq - maxSyncDistance) return null;
      const changed = all()
        .filter((message) => message.seq > seq)
        .sort((a, b) => a.seq - b.seq);
      const page = changed.slice(0, limit);
      const end = page.length < changed.length ? (page.at(-1)?.seq ?? seq) : position.seq;
      return { epoch, prev: seq, seq: end, messages: page };
    },
  };
}

export function createMessage(id: number, over: Partial<Message> = {}): Message {
  return {
    id,
    seq: id,
    userId: 'you',
    username: '너',
    avatar: null,
    content: `${id}`,
    clientId: null,
    replyTo: null,
    created_at: new Date(id * 1_000).toISOString(),
    ...over,
  };
}

export const createSession = (epoch: string, userId = 'me'): Session => ({
  projectId: 'kimpga',
  room: 'main',
  epoch,
  userId,
  username: '나',
  avatar: null,
  role: 'member',
});

/** Time stands still until it is wound; chance always falls in the middle. */
export function createManualClock(): Clock & {
  readonly timers: number;
  wind(milliseconds: number): void;
  /** Time passes, and no timer runs. */
  sleep(milliseconds: number): void;
} {
  let now = 1_000_000;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    random: () => 0.5,
    later(callback, pause) {
      const timer = { at: now + pause, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    get timers() {
      return timers.length;
    },
    sleep(milliseconds) {
      now += milliseconds;
      for (const timer of timers) timer.at += milliseconds;
    },
    wind(milliseconds) {
      now += milliseconds;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

/** Lets every promise that can settle do so. */
export async function flushMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}
