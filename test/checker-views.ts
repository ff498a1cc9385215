/** The checks of what each member saw: a run of the log without holes between resets, of its own room, soon enough. */

import type { Accuse, Bars, Evidence } from './checker.js';
import type { Line } from './checker-lines.js';

export function checkViews(evidence: Evidence, bars: Bars, accuse: Accuse): void {
  for (const [actor, lines] of evidence.members) {
    for (const line of lines)
      if (line.kind === 'recv' || line.kind === 'page') truth(actor, line, evidence, accuse);
    orderOf(actor, lines, accuse);
    freshness(actor, lines, evidence, bars, accuse);
    const ban = evidence.bans.get(actor);
    const after =
      ban === undefined ? undefined : lines.find((line) => heard(line) && line.t > ban + bars.ban);
    if (after) accuse('leak', `${actor} is banned and still takes part`, after);
  }
}

function heard({ kind }: Line): boolean {
  return kind === 'recv' || kind === 'page' || kind === 'ok';
}

/** C4 and C10: what is shown is stored like that, in this room. */
function truth(actor: string, line: Line, evidence: Evidence, accuse: Accuse): void {
  const row = evidence.stored.get(line.room)?.bySeq.get(line.seq ?? 0);
  if (row && row.cid === line.cid && row.body_hash === line.body_hash) return;
  const home = line.cid === null ? undefined : roomOf(line.cid, evidence);
  if (home !== undefined && home !== line.room)
    accuse('leak', `${actor} of ${line.room} got ${line.cid} of ${home}`, line);
  else if (row)
    accuse('corrupt', `${actor} was shown ${line.seq} as something else than is stored`, line, row);
  else accuse('ghost', `${actor} was shown ${line.seq}, which is not stored`, line);
}

function roomOf(cid: string, { sent, stored }: Evidence): string | undefined {
  const sender = sent.get(cid)?.room;
  if (sender !== undefined) return sender;
  for (const [room, { byCid }] of stored) if (byCid.has(cid)) return room;
  return undefined;
}

/** C3, C6 and C7: between two resets, each number once, one after the other. */
function orderOf(actor: string, lines: readonly Line[], accuse: Accuse): void {
  let reset: Line | undefined;
  let last: Line | undefined;
  let paging = false;
  let seen = new Map<number, Line>();
  const missing = new Map<number, Line>();

  const close = () => {
    for (const [seq, proof] of missing) accuse('gap', `${actor} never got ${seq}`, proof);
    missing.clear();
  };
  const endPages = () => {
    if (!paging || !reset) return;
    paging = false;
    const reached = last?.seq ?? 0;
    if (reached !== (reset.seq ?? 0))
      accuse('gap', `the history of ${actor} ends at ${reached}, not at ${reset.seq}`, reset, last);
  };

  for (const line of lines) {
    if (line.kind === 'reset') {
      endPages();
      close();
      reset = line;
      last = undefined;
      paging = true;
      seen = new Map();
      continue;
    }
    if (line.kind !== 'recv' && line.kind !== 'page') continue;
    if (line.kind === 'recv') {
      endPages();
      last ??= reset;
    }
    if (reset && line.epoch !== reset.epoch)
      accuse('inversion', `${actor} mixes two logs without a reset`, reset, line);
    place(line);
  }
  endPages();
  close();

  function place(line: Line): void {
    const seq = line.seq ?? 0;
    const top = last?.seq ?? seq - 1;
    if (seen.has(seq)) accuse('duplicate', `${actor} was shown ${seq} twice`, seen.get(seq), line);
    else if (seq <= top) {
      accuse('inversion', `${actor} was shown ${seq} after ${top}`, last, line);
      missing.delete(seq);
    } else if (seq > top + 1) {
      accuse('silent-gap', `${actor} was shown ${seq} without ${top + 1}`, last, line);
      for (let skipped = top + 1; skipped < Math.min(seq, top + 100); skipped += 1)
        missing.set(skipped, line);
    }
    seen.set(seq, line);
    if (seq > top) last = line;
  }
}

/** C9: what was acknowledged while a member was connected and all was well arrives soon, and all end at the head. */
function freshness(
  actor: string,
  lines: readonly Line[],
  evidence: Evidence,
  bars: Bars,
  accuse: Accuse,
): void {
  const head = evidence.stored.get(lines[0]?.room ?? '')?.rows.at(-1);
  let connected = Number.NEGATIVE_INFINITY;
  let position: Line | undefined;
  let left = false;
  for (const line of lines) {
    if (line.kind === 'connect') connected = line.t;
    left = line.op === 'leave';
    if (line.kind !== 'recv' && line.kind !== 'reset') continue;
    const reached = (position?.seq ?? 0) < (head?.seq ?? 0) && (line.seq ?? 0) >= (head?.seq ?? 0);
    const acked = line.kind === 'recv' ? ackOf(line, evidence) : undefined;
    // Whoever reaches the head only now was behind since all is well, connected or not.
    const due = Math.max(
      reached ? 0 : connected,
      evidence.healed,
      acked?.t ?? (head && ackOf(head, evidence)?.t) ?? 0,
    );
    if ((acked || reached) && Number.isFinite(evidence.healed) && line.t - due > bars.stale)
      accuse('stale', `${actor} got to ${line.seq} ${Math.round((line.t - due) / 1e9)} s late`, acked, line);
    position = line;
  }
  const follows = lines.some(({ op, kind }) => op === 'follow' && kind === 'connect');
  if (!follows || left || evidence.bans.has(actor) || !head || (position?.seq ?? 0) >= (head.seq ?? 0))
    return;
  accuse('stale', `${actor} ends at ${position?.seq ?? 'nothing'}, the head is ${head.seq}`, position, head);
}

function ackOf(line: Line, evidence: Evidence): Line | undefined {
  return line.cid === null ? undefined : evidence.sent.get(line.cid)?.oks[0];
}
