/** A member that uses our own client, and writes down what its lines show. */

import type { createChatClient, StoredItem, TimelineItem } from '@chatty/client';
import { createLongLivedToken, waitUntil } from '../../support/server.js';
import { hashBody, hashMessageState } from '../checker/log-lines.js';
import { CHANGE_PROBABILITY, createChangeGenerator, createMessageText } from './changes.js';
import { delay } from './follower.js';
import type { Member, MemberOptions } from './index.js';

/** Refusals after which the same change is asked for again: what became of the last try is not known. */
const UNKNOWN_OUTCOME_CODES = ['unavailable'];
const CHANGE_INTERVAL_MS = 500;

/** @param create `createChat`, or a copy of it that was changed */
export function createChatMember(
  options: Omit<MemberOptions, 'kind' | 'transports'> & { create: typeof createChatClient },
): Member {
  const { history, url, project, name, random, create } = options;
  const room = `${project}/main`;
  const about = { actor: `${name}@${room}`, room } as const;
  const chat = create({ url, token: createLongLivedToken(name, project) });
  /** What is shown since the last reset: of each id the newest number. */
  let shown = new Map<number, number>();
  let newest = 0;
  let top = 0;
  let first = 0;
  /** Of the log that is shown. */
  let epoch: string | null = null;
  /** The newest message of a log that is no more: as long as it is shown, the new one has not come. */
  let outdated: object | undefined;
  let acked = 0;
  let connected = false;
  let talking = false;
  let leaving = false;
  const open = new Set<string>();
  const work = new Set<Promise<void>>();

  const changes = createChangeGenerator({ history, about, random, position: () => top });

  const write = (kind: 'recv' | 'page', { message }: StoredItem, upto: number | null = null) => {
    const { id, seq, userId, clientId } = message;
    const cid = clientId === null ? null : `${project}:${userId}:${clientId}`;
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
    shown.set(id, seq);
    newest = Math.max(newest, id);
    top = Math.max(top, seq);
  };

  function look(): void {
    const lines = chat.items;
    const gap = lines.findLastIndex(({ kind }) => kind === 'gap');
    const stored = lines.slice(gap + 1).filter((line) => line.kind === 'stored');
    const last = stored.at(-1)?.message;
    const next = chat.session?.epoch ?? null;
    if (next !== epoch && outdated === undefined && newest > 0) outdated = last;
    if (last === undefined || last === outdated) return;
    const joined = next === epoch && newest > 0 && stored.some(({ message }) => message.id === newest);
    epoch = next;
    outdated = undefined;
    if (joined) showNew(stored);
    else startAgain(stored);
    for (const line of stored) settle(line);
    for (const clientId of open) if (!isPending(lines, clientId)) recordAnswer(clientId);
  }

  const isPending = (lines: readonly TimelineItem[], clientId: string) =>
    lines.some((line) => line.kind === 'pending' && line.clientId === clientId);

  /** Acknowledged after its log was replaced and much was written: the message is above what is shown, and its number unknown. */
  function recordAnswer(clientId: string): void {
    open.delete(clientId);
    history.add({ ...about, op: 'send', kind: 'answered', cid: `${project}:${name}:${clientId}` });
  }

  /** All that one event brings stands at once, whatever its order: up to its newest number nothing may be missing. */
  function showNew(stored: readonly StoredItem[]): void {
    letGo(stored[0]?.message.id ?? 0);
    const next = stored.filter(({ message: { id, seq } }) => id >= first && shown.get(id) !== seq);
    next.sort((a, b) => a.message.seq - b.message.seq);
    const upto = Math.max(top, next.at(-1)?.message.seq ?? 0);
    for (const line of next) write('recv', line, upto);
  }

  /** The client has let go of its oldest lines: what becomes of them is not its to show until they load again. */
  function letGo(from: number): void {
    if (from <= first) return;
    history.add({ ...about, op: 'follow', kind: 'window', id: from });
    first = from;
    for (const id of shown.keys()) if (id < from) shown.delete(id);
  }

  function startAgain(stored: readonly StoredItem[]): void {
    const seq = Math.max(...stored.map(({ message }) => message.seq));
    history.add({ ...about, op: 'follow', kind: 'reset', seq, epoch });
    shown = new Map();
    newest = 0;
    top = 0;
    first = stored[0]?.message.id ?? 0;
    for (const line of stored) write('page', line);
  }

  function settle({ message, own }: StoredItem): void {
    if (!own || message.clientId === null || !open.delete(message.clientId)) return;
    acked += 1;
    const { id, content } = message;
    const cid = `${project}:${name}:${message.clientId}`;
    history.add({ ...about, op: 'send', kind: 'ok', cid, id, seq: id, body_hash: hashBody(content) });
    changes.mine(id, cid);
  }

  chat.on('items', look);
  chat.on('state', ({ state }) => {
    const live = state === 'live';
    if (live !== connected && !leaving)
      history.add({ ...about, op: 'follow', kind: live ? 'connect' : 'disconnect' });
    connected = live;
  });
  chat.connect();

  /** Sends one line and waits until it is stored; a line that has failed is sent again as a person would. */
  async function say(number: number): Promise<void> {
    const content = createMessageText(`${name} ${number}`, random);
    const before = new Set(chat.items.map(({ key }) => key));
    chat.send(content);
    const line = chat.items.findLast((each) => each.kind === 'pending' && !before.has(each.key));
    if (line?.kind !== 'pending') return;
    const { clientId } = line;
    const sent = {
      ...about,
      op: 'send',
      cid: `${project}:${name}:${clientId}`,
      body_hash: hashBody(content),
    } as const;
    open.add(clientId);
    history.add({ ...sent, kind: 'invoke' });
    const failed = () =>
      chat.items.some(
        (each) => each.kind === 'pending' && each.clientId === clientId && each.failure !== null,
      );
    while (open.has(clientId) && !leaving) {
      await waitUntil(
        () => !open.has(clientId) || failed() || leaving,
        'an answer or a failure',
        200_000,
      ).catch((error: unknown) => {
        const last = chat.items.slice(-3).map((each) => JSON.stringify(each));
        throw new Error(`${error}: ${clientId} of ${name}, ${chat.state}, ${epoch}, ${last}`);
      });
      if (!failed() || leaving) continue;
      history.add({ ...sent, kind: 'info' });
      history.add({ ...sent, kind: 'invoke' });
      chat.retry(clientId);
    }
  }

  /** Each message once: the answer says only that it is done, so what is stored in the end has to be this. */
  async function change(): Promise<void> {
    const next = changes.next();
    if (!next) return;
    const { id, content, line } = next;
    while (!leaving) {
      history.add({ ...line, kind: 'invoke' });
      const code = await (content === null ? chat.remove(id) : chat.edit(id, content));
      if (code === null) history.add({ ...line, kind: 'ok' });
      else history.add({ ...line, kind: UNKNOWN_OUTCOME_CODES.includes(code) ? 'info' : 'fail' });
      if (!UNKNOWN_OUTCOME_CODES.includes(code ?? '')) return;
      await delay(CHANGE_INTERVAL_MS);
    }
  }

  async function speaker(pace: number): Promise<void> {
    for (let number = 1; talking && !leaving; number += 1) {
      await (random() < CHANGE_PROBABILITY ? change() : say(number));
      await delay(pace * random());
    }
  }

  return {
    name,
    room,
    get position() {
      return top;
    },
    visibility: 'window',
    get connected() {
      return connected;
    },
    get ackedMessageCount() {
      return acked;
    },
    startSending(pace) {
      talking = true;
      const speaking = speaker(pace).finally(() => work.delete(speaking));
      work.add(speaking);
    },
    async stopSending() {
      talking = false;
      await Promise.all(work);
    },
    disconnect(silent = false) {
      if (connected && !silent) history.add({ ...about, op: 'leave', kind: 'disconnect' });
      leaving = true;
      connected = false;
      chat.close();
    },
  };
}
