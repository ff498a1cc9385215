/** Makes histories of a room that keeps its promises, from a list of numbers, so that a test can break one of them. */

import { createHistory, hashOf, type Line } from './checker-lines.js';

const ROOM = 'kimpga/main';
const EPOCH = 'e1';
const SECOND = 1e9;

type Sender = { actor: string; next: number; open: { cid: string; stored: boolean } | null };
type Follower = { actor: string; position: number; connected: boolean };

/** @param choices what happens next, step by step; any numbers will do */
export function sampleHistory(choices: readonly number[], room = ROOM): Line[] {
  const history = createHistory();
  let t = 0;
  const rows: { cid: string; hash: string }[] = [];
  const senders: Sender[] = ['minsu', 'jisoo'].map((name) => ({
    actor: `${name}@${room}`,
    next: 1,
    open: null,
  }));
  const followers: Follower[] = ['plain', 'batch'].map((name) => ({
    actor: `${name}@${room}`,
    position: 0,
    connected: false,
  }));
  const write = (line: Parameters<typeof history.add>[0]) => {
    t += 0.001 * SECOND;
    history.add({ t, ...line });
  };
  const rowAt = (seq: number) => {
    const row = rows[seq - 1];
    if (!row) throw new Error(`no row ${seq}`);
    return { room, cid: row.cid, seq, epoch: EPOCH, body_hash: row.hash };
  };

  function connect(follower: Follower, resume: boolean): void {
    follower.connected = true;
    write({ actor: follower.actor, op: 'follow', room, kind: 'connect' });
    if (resume && follower.position > 0) return;
    const from = Math.max(1, rows.length - 4);
    const about = { actor: follower.actor, op: 'follow', room } as const;
    write({ ...about, kind: 'reset', seq: rows.length, epoch: EPOCH });
    for (let seq = from; seq <= rows.length; seq += 1) write({ ...about, ...rowAt(seq), kind: 'page' });
    follower.position = rows.length;
  }
  function deliver(follower: Follower): void {
    if (!follower.connected || follower.position === rows.length) return;
    follower.position += 1;
    write({ actor: follower.actor, op: 'follow', kind: 'recv', ...rowAt(follower.position) });
  }
  function send(sender: Sender): void {
    const cid = sender.open?.cid ?? `${sender.actor}:${sender.next}`;
    if (!sender.open) sender.next += 1;
    sender.open ??= { cid, stored: false };
    write({ actor: sender.actor, op: 'send', room, kind: 'invoke', cid, body_hash: hashOf(cid) });
  }
  function commit(sender: Sender): void {
    if (!sender.open || sender.open.stored) return;
    rows.push({ cid: sender.open.cid, hash: hashOf(sender.open.cid) });
    sender.open.stored = true;
  }
  function answer(sender: Sender): void {
    if (!sender.open?.stored) return;
    const { cid } = sender.open;
    const seq = rows.findIndex((row) => row.cid === cid) + 1;
    write({ actor: sender.actor, op: 'send', kind: 'ok', ...rowAt(seq) });
    sender.open = null;
  }
  function refuse(sender: Sender): void {
    if (sender.open) return;
    const cid = `${sender.actor}:${sender.next}`;
    sender.next += 1;
    write({ actor: sender.actor, op: 'send', room, kind: 'invoke', cid, body_hash: hashOf(cid) });
    write({ actor: sender.actor, op: 'send', room, kind: 'fail', cid });
  }
  /** The answer is lost; the same client id goes out again. */
  function repeat(sender: Sender): void {
    if (!sender.open) return;
    write({ actor: sender.actor, op: 'send', room, kind: 'info', cid: sender.open.cid });
    send(sender);
  }
  function turn(follower: Follower, resume: boolean): void {
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
    const step = Math.floor(choice / 2) % 16;
    if (step < 8) {
      if (!sender.open) send(sender);
      if (step < 6) commit(sender);
      if (step < 5) answer(sender);
    } else if (step < 12) deliver(follower);
    else if (step === 12) turn(follower, true);
    else if (step === 13) turn(follower, false);
    else if (step === 14) repeat(sender);
    else refuse(sender);
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
      while (follower.position < rows.length) deliver(follower);
    }
    for (const [op, actor] of [
      ['dump', 'database'],
      ['final', 'reader'],
    ] as const) {
      for (let seq = 1; seq <= rows.length; seq += 1)
        write({ actor: `${actor}@${room}`, op, kind: 'page', ...rowAt(seq) });
    }
  }
}
