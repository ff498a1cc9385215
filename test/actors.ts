/** Members as they are in the world, over real sockets, that write down all they do and see. */

import type { Frame, Message, Position, SendAnswer, Session, SyncAnswer } from '@chatty/protocol/events';
import { io, type Socket } from 'socket.io-client';
import { type History, hashOf } from './checker-lines.js';
import { tokenOf, until } from './kit.js';

export type MemberOptions = {
  history: History;
  url: string;
  project: string;
  name: string;
  /** `plain` is a socket.io-client with nothing of ours; `batch` follows frames and positions. */
  kind: 'plain' | 'batch';
  transports?: string[];
  /** Characters that each message has at least. */
  long?: number;
  random: () => number;
};

export type Member = {
  readonly name: string;
  readonly room: string;
  /** seq of the newest message it has shown. */
  readonly position: number;
  readonly connected: boolean;
  /** Messages of its own that were acknowledged. */
  readonly acked: number;
  /** Sends one message after the other, `window` at once, with a pause of up to `pace` milliseconds between. */
  talk(pace: number, window?: number): void;
  /** Begins no new message; resolves when each one has its answer. */
  hush(): Promise<void>;
  /** `silent`: the history is over, and nobody asks where it went. */
  leave(silent?: boolean): void;
};

/** How long an answer is waited for before the same client id goes out again, in milliseconds. */
const ACK_PATIENCE = 4_000;
/** Pause after a refusal that may pass, in milliseconds. */
const RETRY_PAUSE = 150;

export function createMember(options: MemberOptions): Member {
  const { history, url, project, name, kind, transports, long = 0, random } = options;
  const room = `${project}/main`;
  const about = { actor: `${name}@${room}`, room } as const;
  const follower = createFollower(history, about);
  const token = tokenOf(name, { projectId: project, expiresIn: 7_200 });
  const socket: Socket = io(url, {
    auth: (give) => give(kind === 'plain' ? { token } : { token, batch: true, ...follower.resume() }),
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    timeout: 5_000,
    ...(transports ? { transports } : {}),
  });
  let leaving = false;
  follow(socket, follower, kind, () => !leaving);

  const cidOf = (clientId: string) => `${project}:${name}:${clientId}`;
  const work = new Set<Promise<void>>();
  let talking = false;
  let acked = 0;
  let count = 0;

  /** Until it is answered; the outcome of a try without an answer is unknown. */
  async function say(): Promise<void> {
    count += 1;
    const clientId = `m${count}`;
    const content = textOf(`${name} ${count}`, random).padEnd(long, '가');
    const line = { ...about, op: 'send', cid: cidOf(clientId), body_hash: hashOf(content) } as const;
    while (!leaving) {
      await until(() => socket.connected || leaving, `${name} to be connected`, 120_000);
      if (leaving) return;
      history.add({ ...line, kind: 'invoke' });
      const answer = await attempt({ content, clientId });
      if (answer?.ok) {
        acked += 1;
        const { id, content: body } = answer.message;
        history.add({ ...line, kind: 'ok', seq: id, body_hash: hashOf(body) });
        return;
      }
      const certain = answer !== null && answer.retry !== 'later';
      history.add({ ...line, kind: certain ? 'fail' : 'info' });
      if (certain) return;
      await pause(RETRY_PAUSE);
    }
  }

  async function attempt(payload: { content: string; clientId: string }): Promise<SendAnswer | null> {
    try {
      return await socket.timeout(ACK_PATIENCE).emitWithAck('chat message', payload);
    } catch {
      return null;
    }
  }

  async function speaker(pace: number): Promise<void> {
    while (talking && !leaving) {
      await say();
      await pause(pace * random());
    }
  }

  return {
    name,
    room,
    get position() {
      return follower.position();
    },
    get connected() {
      return socket.connected;
    },
    get acked() {
      return acked;
    },
    talk(pace, window = 1) {
      talking = true;
      for (let number = 0; number < window; number += 1) {
        const speaking = speaker(pace).finally(() => work.delete(speaking));
        work.add(speaking);
      }
    },
    async hush() {
      talking = false;
      await Promise.all(work);
    },
    leave(silent = false) {
      leaving = true;
      if (socket.connected && !silent) history.add({ ...about, op: 'leave', kind: 'disconnect' });
      socket.off('disconnect');
      socket.disconnect();
    },
  };
}

type Follower = ReturnType<typeof createFollower>;

/** What a member shows, as lines of the history. */
function createFollower(history: History, about: { actor: string; room: string }) {
  let position: Position = { epoch: '', seq: 0 };
  const line = (kind: 'recv' | 'page', message: Message) => {
    const { id, userId, clientId, content } = message;
    const [project] = about.room.split('/');
    const cid = clientId === null ? null : `${project}:${userId}:${clientId}`;
    history.add({
      ...about,
      op: 'follow',
      kind,
      seq: id,
      cid,
      body_hash: hashOf(content),
      epoch: position.epoch,
    });
  };
  return {
    position: () => position.seq,
    place: () => position,
    resume: () => (position.epoch === '' ? {} : { after: position }),
    connection: (kind: 'connect' | 'disconnect') => history.add({ ...about, op: 'follow', kind }),
    reset(messages: readonly Message[], next: Position): void {
      position = next;
      history.add({ ...about, op: 'follow', kind: 'reset', seq: next.seq, epoch: next.epoch });
      for (const message of messages) line('page', message);
    },
    show(message: Message): void {
      line('recv', message);
      position = { ...position, seq: Math.max(position.seq, message.id) };
    },
    /** The changes of a frame that are new here. A message in the wrong place stays where the server put it. */
    take(frame: Omit<Frame, 'prev'>): void {
      const { seq } = position;
      for (const message of frame.messages) if (message.seq > seq) line('recv', message);
      position = { epoch: frame.epoch, seq: Math.max(seq, frame.seq) };
    },
  };
}

function follow(socket: Socket, follower: Follower, kind: 'plain' | 'batch', wanted: () => boolean): void {
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
  socket.on('history', (messages: Message[], position?: Position) => {
    const seq = messages.at(-1)?.seq ?? 0;
    follower.reset(messages, position ?? { epoch: session?.epoch ?? '', seq });
  });
  if (kind === 'plain') socket.on('chat message', (message: Message) => follower.show(message));
  else {
    socket.on('messages', (frame: Frame) => {
      if (frame.epoch !== follower.place().epoch || frame.prev > follower.position()) missed(frame.seq);
      else follower.take(frame);
    });
    socket.on('head', ({ seq, epoch }: Position) => {
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
        else if (answer?.ok) follower.take(answer);
        else await pause(RETRY_PAUSE);
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
      return await socket.timeout(ACK_PATIENCE).emitWithAck('sync', { after: follower.place() });
    } catch {
      return null;
    }
  }
}

const FILLER = ['비트코인', '올라간다', 'to the moon', '🚀', 'ㅋㅋㅋ', '<b>', '\\u0000', '"'];

/** A line of talk of any length, most of them short. */
export function textOf(start: string, random: () => number): string {
  const words = Array.from({ length: Math.floor(random() ** 4 * 120) }, () => {
    return FILLER[Math.floor(random() * FILLER.length)];
  });
  return [start, ...words].join(' ');
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
