/** Makes histories of a room that keeps its promises, from a list of numbers, so that a test can break one of them. */

import { createHistory, DELETED_HASH, type HistoryEntry, hashBody } from './log-lines.js';

const SAMPLE_ROOM = 'kimpga/main';
const SAMPLE_EPOCH = 'e1';
const NS_PER_SECOND = 1e9;
const STEP_KIND_COUNT = 20;

type SampleSender = {
  actor: string;
  next: number;
  open: { cid: string; stored: boolean } | null;
};
type SampleFollower = {
  actor: string;
  batch: boolean;
  position: number;
  /** Id of the first message it shows. */
  first: number;
  connected: boolean;
};
type MessageState = { id: number; cid: string; hash: string };

/** @param choices what happens next, step by step; any numbers will do */
export function sampleHistory(choices: readonly number[], room = SAMPLE_ROOM): HistoryEntry[] {
  const history = createHistory();
  let t = 0;
  /** What each number of the log made of a message, from 1. */
  const log: MessageState[] = [];
  let changes = 0;
  const senders: SampleSender[] = ['minsu', 'jisoo'].map((name) => ({
    actor: `${name}@${room}`,
    next: 1,
    open: null,
  }));
  const followers: SampleFollower[] = ['plain', 'batch'].map((name) => ({
    actor: `${name}@${room}`,
    position: 0,
    connected: false,
    batch: name === 'batch',
    first: 0,
  }));
  const write = (line: Parameters<typeof history.add>[0]) => {
    t += 0.001 * NS_PER_SECOND;
    history.add({ t, ...line });
  };
  const stateAt = (seq: number) => {
    const state = log[seq - 1];
    if (!state) throw new Error(`no number ${seq}`);
    return { room, cid: state.cid, id: state.id, seq, epoch: SAMPLE_EPOCH, body_hash: state.hash };
  };
  /** The numbers of (after, seq] that nothing followed up to there, one a message. */
  const latest = (after: number, seq: number) => {
    const numbers = Array.from({ length: seq - after }, (_, index) => after + 1 + index);
    return numbers.filter((each) => !log.slice(each, seq).some(({ id }) => id === log[each - 1]?.id));
  };
  const rows = () => latest(0, log.length).sort((a, b) => stateAt(a).id - stateAt(b).id);

  function connect(follower: SampleFollower, resume: boolean): void {
    follower.connected = true;
    write({ actor: follower.actor, op: 'follow', room, kind: 'connect' });
    if (resume && follower.position > 0) return;
    const about = { actor: follower.actor, op: 'follow', room } as const;
    write({ ...about, kind: 'reset', seq: log.length, epoch: SAMPLE_EPOCH });
    for (const seq of rows().slice(-5)) write({ ...about, ...stateAt(seq), kind: 'page' });
    follower.position = log.length;
    follower.first = rows().slice(-5).map(stateAt)[0]?.id ?? 0;
  }
  /** A plain member hears of each number, a batch member of what became of some. */
  function deliver(follower: SampleFollower, size = 1): void {
    if (!follower.connected || follower.position === log.length) return;
    const from = follower.position;
    follower.position = Math.min(log.length, from + (follower.batch ? size : 1));
    const upto = follower.batch ? follower.position : null;
    for (const seq of latest(from, follower.position))
      if (stateAt(seq).id >= follower.first)
        write({ actor: follower.actor, op: 'follow', kind: 'recv', ...stateAt(seq), upto });
  }
  /** An edit or a delete of a message of its own, when none is under way. */
  function change(sender: SampleSender, hash: string, answered: boolean): void {
    const own = rows()
      .map(stateAt)
      .findLast(({ id, cid, body_hash }) => isDone(sender, id, cid) && body_hash !== DELETED_HASH);
    if (!own) return;
    changes += 1;
    const asked = {
      actor: sender.actor,
      op: 'change',
      room,
      cid: `${own.cid}/${changes}`,
      id: own.id,
    } as const;
    const body_hash = hash === DELETED_HASH ? hash : hashBody(`${hash} ${changes}`);
    write({ ...asked, kind: 'invoke', body_hash });
    log.push({ id: own.id, cid: own.cid, hash: body_hash });
    if (!answered) {
      write({ ...asked, kind: 'info', body_hash });
      write({ ...asked, kind: 'invoke', body_hash });
    }
    write({ ...asked, kind: 'ok', seq: log.length, epoch: SAMPLE_EPOCH, body_hash });
  }
  const isDone = (sender: SampleSender, id: number, cid: string) =>
    cid.startsWith(sender.actor) && cid !== sender.open?.cid && id > 0;
  function send(sender: SampleSender): void {
    const cid = sender.open?.cid ?? `${sender.actor}:${sender.next}`;
    if (!sender.open) sender.next += 1;
    sender.open ??= { cid, stored: false };
    write({ actor: sender.actor, op: 'send', room, kind: 'invoke', cid, body_hash: hashBody(cid) });
  }
  function commit(sender: SampleSender): void {
    if (!sender.open || sender.open.stored) return;
    log.push({ id: log.length + 1, cid: sender.open.cid, hash: hashBody(sender.open.cid) });
    sender.open.stored = true;
  }
  function answer(sender: SampleSender): void {
    if (!sender.open?.stored) return;
    const { cid } = sender.open;
    const seq = log.findIndex((state) => state.cid === cid) + 1;
    write({ actor: sender.actor, op: 'send', kind: 'ok', ...stateAt(seq) });
    sender.open = null;
  }
  function refuse(sender: SampleSender): void {
    if (sender.open) return;
    const cid = `${sender.actor}:${sender.next}`;
    sender.next += 1;
    write({ actor: sender.actor, op: 'send', room, kind: 'invoke', cid, body_hash: hashBody(cid) });
    write({ actor: sender.actor, op: 'send', room, kind: 'fail', cid });
  }
  /** The answer is lost; the same client id goes out again. */
  function repeat(sender: SampleSender): void {
    if (!sender.open) return;
    write({ actor: sender.actor, op: 'send', room, kind: 'info', cid: sender.open.cid });
    send(sender);
  }
  function turn(follower: SampleFollower, resume: boolean): void {
    if (!follower.connected) connect(follower, resume);
    else {
      follower.connected = false;
      write({ actor: follower.actor, op: 'follow', room, kind: 'disconnect' });
    }
  }

  for (const follower of followers) connect(follower, false);
  for (const choice of [...choices, ...senders.map(() => 0)]) {
    const sender = senders[choice % 2];
    const follower = followers[choice % 2];
    if (!sender || !follower) continue;
    const step = Math.floor(choice / 2) % STEP_KIND_COUNT;
    if (step < 8) {
      if (!sender.open) send(sender);
      if (step < 6) commit(sender);
      if (step < 5) answer(sender);
    } else if (step < 12) deliver(follower);
    else if (step === 12) turn(follower, true);
    else if (step === 13) turn(follower, false);
    else if (step === 14) repeat(sender);
    else if (step === 15) refuse(sender);
    else if (step === 16) change(sender, 'edited', true);
    else if (step === 17) change(sender, 'edited again', false);
    else if (step === 18) change(sender, DELETED_HASH, true);
    else deliver(follower, 4);
  }
  finish();
  return [...history.lines];

  function finish(): void {
    write({ actor: 'story', op: 'heal', room, kind: 'info' });
    for (const sender of senders) {
      if (!sender.open) send(sender);
      commit(sender);
      answer(sender);
    }
    for (const follower of followers) {
      if (!follower.connected) connect(follower, true);
      while (follower.position < log.length) deliver(follower);
    }
    for (const [op, actor] of [
      ['dump', 'database'],
      ['final', 'reader'],
    ] as const) {
      for (const seq of rows()) write({ actor: `${actor}@${room}`, op, kind: 'page', ...stateAt(seq) });
    }
  }
}
