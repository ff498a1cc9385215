/** A member that uses our own client, and writes down what its lines show. */

import type { createChat, StoredLine } from '@chatty/client/chat';
import { type Member, type MemberOptions, textOf } from './actors.js';
import { hashOf } from './checker-lines.js';
import { tokenOf, until } from './kit.js';

/** @param create `createChat`, or a copy of it that was changed */
export function createChatMember(
  options: Omit<MemberOptions, 'kind' | 'transports'> & { create: typeof createChat },
): Member {
  const { history, url, project, name, random, create } = options;
  const room = `${project}/main`;
  const about = { actor: `${name}@${room}`, room } as const;
  const chat = create({ url, token: tokenOf(name, { projectId: project, expiresIn: 7_200 }) });
  /** Ids shown since the last reset. */
  let shown = new Set<number>();
  let top = 0;
  let first = 0;
  let acked = 0;
  let connected = false;
  let talking = false;
  let leaving = false;
  const open = new Set<string>();
  const work = new Set<Promise<void>>();

  const write = (kind: 'recv' | 'page', { message }: StoredLine) => {
    const { id, userId, clientId, content } = message;
    const cid = clientId === null ? null : `${project}:${userId}:${clientId}`;
    const epoch = chat.session?.epoch ?? null;
    history.add({ ...about, op: 'follow', kind, seq: id, cid, body_hash: hashOf(content), epoch });
    shown.add(id);
    top = Math.max(top, id);
  };

  function look(): void {
    const lines = chat.lines;
    const gap = lines.findLastIndex(({ kind }) => kind === 'gap');
    const stored = lines.slice(gap + 1).filter((line) => line.kind === 'stored');
    const joined = top > 0 && stored.some(({ message }) => message.id === top);
    if (!joined && stored.length > 0) {
      const seq = stored.at(-1)?.message.id ?? 0;
      history.add({ ...about, op: 'follow', kind: 'reset', seq, epoch: chat.session?.epoch ?? null });
      shown = new Set();
      top = 0;
      first = stored[0]?.message.id ?? 0;
      for (const line of stored) write('page', line);
    } else {
      // In the order of the lines: one that turns up between others is for the checker to see.
      for (const line of stored)
        if (line.message.id >= first && !shown.has(line.message.id)) write('recv', line);
    }
    for (const line of stored) settle(line);
  }

  function settle({ message, own }: StoredLine): void {
    if (!own || message.clientId === null || !open.delete(message.clientId)) return;
    acked += 1;
    history.add({
      ...about,
      op: 'send',
      kind: 'ok',
      cid: `${project}:${name}:${message.clientId}`,
      seq: message.id,
      body_hash: hashOf(message.content),
    });
  }

  chat.on('lines', look);
  chat.on('state', ({ state }) => {
    const live = state === 'live';
    if (live !== connected && !leaving)
      history.add({ ...about, op: 'follow', kind: live ? 'connect' : 'disconnect' });
    connected = live;
  });
  chat.connect();

  /** Sends one line and waits until it is stored; a line that has failed is sent again as a person would. */
  async function say(number: number): Promise<void> {
    const content = textOf(`${name} ${number}`, random);
    const before = new Set(chat.lines.map(({ key }) => key));
    chat.send(content);
    const line = chat.lines.findLast((each) => each.kind === 'pending' && !before.has(each.key));
    if (line?.kind !== 'pending') return;
    const { clientId } = line;
    const sent = {
      ...about,
      op: 'send',
      cid: `${project}:${name}:${clientId}`,
      body_hash: hashOf(content),
    } as const;
    open.add(clientId);
    history.add({ ...sent, kind: 'invoke' });
    const failed = () =>
      chat.lines.some(
        (each) => each.kind === 'pending' && each.clientId === clientId && each.failure !== null,
      );
    while (open.has(clientId) && !leaving) {
      await until(() => !open.has(clientId) || failed() || leaving, 'an answer or a failure', 300_000);
      if (!failed() || leaving) continue;
      history.add({ ...sent, kind: 'info' });
      history.add({ ...sent, kind: 'invoke' });
      chat.retry(clientId);
    }
  }

  async function speaker(pace: number): Promise<void> {
    for (let number = 1; talking && !leaving; number += 1) {
      await say(number);
      await new Promise((resolve) => setTimeout(resolve, pace * random()));
    }
  }

  return {
    name,
    room,
    get position() {
      return top;
    },
    get connected() {
      return connected;
    },
    get acked() {
      return acked;
    },
    talk(pace) {
      talking = true;
      const speaking = speaker(pace).finally(() => work.delete(speaking));
      work.add(speaking);
    },
    async hush() {
      talking = false;
      await Promise.all(work);
    },
    leave(silent = false) {
      if (connected && !silent) history.add({ ...about, op: 'leave', kind: 'disconnect' });
      leaving = true;
      connected = false;
      chat.close();
    },
  };
}
