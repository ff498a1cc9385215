/** How a member follows its room with a plain socket or with frames and positions, and writes down what it shows. */

import type { ChangeFrame, LogPosition, Message, Session, SyncAnswer } from '@chatty/protocol';
import type { Socket } from 'socket.io-client';
import { type History, hashMessageState } from '../checker/log-lines.js';

/** How long an answer is waited for before it is asked again, in milliseconds. */
export const ACK_TIMEOUT_MS = 4_000;
/** Pause after a refusal that may pass, in milliseconds. */
export const RETRY_DELAY_MS = 150;

type LogFollower = ReturnType<typeof createLogFollower>;

/** What a member shows, as lines of the history. Changes of messages before its first one are not shown. */
export function createLogFollower(history: History, about: { actor: string; room: string }) {
  let position: LogPosition = { epoch: '', seq: 0 };
  let shown = new Set<number>();
  let first = 0;
  /** Up to where everything is shown; what came after that waits until it is whole. */
  let whole = 0;
  let staged: Message[] = [];
  const line = (kind: 'recv' | 'page', message: Message, upto: number | null = null) => {
    const { id, seq, userId, clientId } = message;
    const [project] = about.room.split('/');
    const cid = clientId === null ? null : `${project}:${userId}:${clientId}`;
    const { epoch } = position;
    history.add({
      ...about,
      op: 'follow',
      kind,
      id,
      seq,
      upto,
      cid,
      body_hash: hashMessageState(message),
      epoch,
    });
    shown.add(id);
  };
  return {
    /** Up to where everything is shown. */
    shown: () => (staged.length > 0 ? whole : position.seq),
    /** Up to where everything has come. */
    position: () => position.seq,
    place: () => position,
    resume: () => (position.epoch === '' ? {} : { after: position }),
    connection(kind: 'connect' | 'disconnect'): void {
      history.add({ ...about, op: 'follow', kind });
      if (staged.length > 0) position = { ...position, seq: whole };
      staged = [];
    },
    reset(messages: readonly Message[], next: LogPosition): void {
      position = next;
      whole = next.seq;
      staged = [];
      shown = new Set();
      first = messages[0]?.id ?? next.seq + 1;
      history.add({ ...about, op: 'follow', kind: 'reset', seq: next.seq, epoch: next.epoch });
      for (const message of messages) line('page', message);
    },
    show(message: Message): void {
      line('recv', message);
      position = { ...position, seq: Math.max(position.seq, message.seq) };
    },
    /** An edit or a delete, told by itself. */
    change(message: Message): void {
      if (shown.has(message.id)) line('recv', message);
      position = { ...position, seq: Math.max(position.seq, message.seq) };
    },
    /**
     * The changes of a frame that are new here. One that others follow up to `goal` lacks the messages that change in
     * those, so they are shown together. A message in the wrong place stays where the server put it.
     */
    take(frame: Omit<ChangeFrame, 'prev'>, goal: number): void {
      const { seq } = position;
      staged.push(...frame.messages.filter((message) => message.seq > seq && message.id >= first));
      position = { epoch: frame.epoch, seq: Math.max(seq, frame.seq) };
      if (goal > position.seq) return;
      whole = position.seq;
      const last = new Map(staged.map((message) => [message.id, message]));
      for (const message of staged.splice(0))
        if (last.get(message.id) === message) line('recv', message, whole);
    },
  };
}

export function followRoom(
  socket: Socket,
  follower: LogFollower,
  kind: 'plain' | 'batch',
  wanted: () => boolean,
): void {
  let session: Session | null = null;
  let syncing = false;
  let told = 0;

  const again = () => {
    // Socket.IO does not come back by itself where the server ended it or refused the handshake.
    if (wanted() && !socket.active) setTimeout(() => wanted() && socket.connect(), 200).unref();
  };
  socket.on('connect', () => follower.connection('connect'));
  socket.on('disconnect', () => {
    follower.connection('disconnect');
    again();
  });
  socket.on('connect_error', again);
  socket.on('session', (next: Session) => {
    session = next;
  });
  socket.on('history', (messages: Message[], position?: LogPosition) => {
    const seq = messages.at(-1)?.seq ?? 0;
    follower.reset(messages, position ?? { epoch: session?.epoch ?? '', seq });
  });
  if (kind === 'plain') {
    socket.on('chat message', (message: Message) => follower.show(message));
    for (const event of ['message updated', 'message deleted'])
      socket.on(event, (message: Message) => follower.change(message));
  } else {
    socket.on('messages', (frame: ChangeFrame) => {
      if (frame.epoch !== follower.place().epoch || frame.prev > follower.position()) missed(frame.seq);
      else follower.take(frame, told);
    });
    socket.on('head', ({ seq, epoch }: LogPosition) => {
      if (epoch !== follower.place().epoch || seq > follower.position()) missed(seq);
    });
  }

  function missed(seq: number): void {
    told = Math.max(told, seq);
    if (!syncing) void sync();
  }

  async function sync(): Promise<void> {
    syncing = true;
    try {
      while (told > follower.position() && socket.connected) {
        const answer = await ask();
        if (answer?.ok && answer.reset) follower.reset(answer.messages, answer);
        else if (answer?.ok) follower.take(answer, answer.head);
        else await delay(RETRY_DELAY_MS);
        if (answer?.ok)
          told = answer.seq < answer.head ? Math.max(told, answer.head) : Math.min(told, answer.seq);
      }
    } finally {
      syncing = false;
      told = 0;
    }
  }

  async function ask(): Promise<SyncAnswer | null> {
    try {
      return await socket.timeout(ACK_TIMEOUT_MS).emitWithAck('sync', { after: follower.place() });
    } catch {
      return null;
    }
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
