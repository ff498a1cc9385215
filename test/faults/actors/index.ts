/** Members as they are in the world, over real sockets, that write down all they do and see. */

import type { ChangeAnswer } from '@chatty/protocol';
import { io, type Socket } from 'socket.io-client';
import { createLongLivedToken, waitUntil } from '../../support/server.js';
import { type History, hashBody } from '../checker/log-lines.js';
import { CHANGE_PROBABILITY, createChangeGenerator, createMessageText } from './changes.js';
import { ACK_TIMEOUT_MS, createLogFollower, delay, followRoom, RETRY_DELAY_MS } from './follower.js';

export type MemberOptions = {
  history: History;
  url: string;
  project: string;
  name: string;
  /** `plain` is a socket.io-client with nothing of ours; `batch` follows frames and positions. */
  kind: 'plain' | 'batch';
  transports?: string[];
  /** Characters that each message has at least. */
  minMessageLength?: number;
  /** Longest time in milliseconds until a connection stands; another is tried then. */
  connectTimeoutMs?: number;
  random: () => number;
};

/** What is common to the answers for new messages and for changes. */
type AcceptedAnswer = ChangeAnswer & { ok: true };
type OperationEntry = Omit<Parameters<History['add']>[0], 'kind'>;

export type Member = {
  readonly name: string;
  readonly room: string;
  /** The newest number it has got to; of one that only sees its `window`, the newest shown there. */
  readonly position: number;
  readonly visibility: 'everything' | 'window';
  readonly connected: boolean;
  /** Messages of its own that were acknowledged, edits and deletes not counted. */
  readonly ackedMessageCount: number;
  /** Sends one message after the other, `window` at once, with a pause of up to `pace` milliseconds between. */
  startSending(pace: number, window?: number): void;
  /** Begins no new message; resolves when each one has its answer. */
  stopSending(): Promise<void>;
  /** `silent`: the history is over, and nobody asks where it went. */
  disconnect(silent?: boolean): void;
};

export function createMember(options: MemberOptions): Member {
  const {
    history,
    url,
    project,
    name,
    kind,
    transports,
    minMessageLength: long = 0,
    connectTimeoutMs: patience = 5_000,
    random,
  } = options;
  const room = `${project}/main`;
  const about = { actor: `${name}@${room}`, room } as const;
  const follower = createLogFollower(history, about);
  const token = createLongLivedToken(name, project);
  const socket: Socket = io(url, {
    auth: (give) => give(kind === 'plain' ? { token } : { token, batch: true, ...follower.resume() }),
    forceNew: true,
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
    timeout: patience,
    ...(transports ? { transports } : {}),
  });
  let leaving = false;
  followRoom(socket, follower, kind, () => !leaving);

  const cidOf = (clientId: string) => `${project}:${name}:${clientId}`;
  const work = new Set<Promise<void>>();
  let talking = false;
  let acked = 0;
  let count = 0;

  const changes = createChangeGenerator({ history, about, random, position: () => follower.position() });

  async function say(): Promise<void> {
    count += 1;
    const clientId = `m${count}`;
    const cid = cidOf(clientId);
    const content = createMessageText(`${name} ${count}`, random).padEnd(long, '가');
    const line = { ...about, op: 'send', cid, body_hash: hashBody(content) } as const;
    const answer = await insist(line, 'chat message', { content, clientId });
    if (!answer) return;
    acked += 1;
    const { id, content: body } = answer.message;
    history.add({ ...line, kind: 'ok', id, seq: id, body_hash: hashBody(body) });
    changes.mine(id, cid);
  }

  async function change(): Promise<void> {
    const next = changes.next();
    if (!next) return;
    const { line, id, content } = next;
    const answer = await (content === null
      ? insist(line, 'delete message', { id })
      : insist(line, 'edit message', { id, content }));
    if (answer) changes.done(next, answer.message);
  }

  /** Until it is answered; the outcome of a try without an answer is unknown. Null where it was refused, or is given up. */
  async function insist(
    line: OperationEntry,
    event: string,
    payload: object,
  ): Promise<AcceptedAnswer | null> {
    while (!leaving) {
      await waitUntil(() => socket.connected || leaving, `${name} to be connected`, 120_000);
      if (leaving) return null;
      history.add({ ...line, kind: 'invoke' });
      const answer = await attempt(event, payload);
      if (answer?.ok) return answer;
      const certain = answer !== null && answer.retry !== 'later';
      history.add({ ...line, kind: certain ? 'fail' : 'info' });
      if (certain) return null;
      await delay(RETRY_DELAY_MS);
    }
    return null;
  }

  async function attempt(event: string, payload: object): Promise<ChangeAnswer | null> {
    try {
      return await socket.timeout(ACK_TIMEOUT_MS).emitWithAck(event, payload);
    } catch {
      return null;
    }
  }

  async function speaker(pace: number): Promise<void> {
    while (talking && !leaving) {
      await (random() < CHANGE_PROBABILITY ? change() : say());
      await delay(pace * random());
    }
  }

  return {
    name,
    room,
    get position() {
      return follower.shown();
    },
    visibility: 'everything',
    get connected() {
      return socket.connected;
    },
    get ackedMessageCount() {
      return acked;
    },
    startSending(pace, window = 1) {
      talking = true;
      for (let number = 0; number < window; number += 1) {
        const speaking = speaker(pace).finally(() => work.delete(speaking));
        work.add(speaking);
      }
    },
    async stopSending() {
      talking = false;
      await Promise.all(work);
    },
    disconnect(silent = false) {
      leaving = true;
      if (socket.connected && !silent) history.add({ ...about, op: 'leave', kind: 'disconnect' });
      socket.off('disconnect');
      socket.disconnect();
    },
  };
}
