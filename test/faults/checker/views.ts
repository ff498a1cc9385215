/** The checks of what each member saw: a run of the log without holes between resets, of its own room, soon enough. */

import type { Accuse, Bars, Evidence } from './index.js';
import type { Line } from './log-lines.js';
import { orderOf } from './sequence.js';

export function checkViews(evidence: Evidence, bars: Bars, accuse: Accuse): void {
  for (const [actor, lines] of evidence.members) {
    for (const line of lines)
      if (line.kind === 'recv' || line.kind === 'page') truth(actor, line, evidence, accuse);
    orderOf(actor, lines, evidence.stored.get(lines[0]?.room ?? ''), accuse);
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

/** C4 and C10: what is shown is what its number made of it, in this room. */
function truth(actor: string, line: Line, evidence: Evidence, accuse: Accuse): void {
  const state = evidence.stored.get(line.room)?.states.get(line.seq ?? 0);
  // The text of a state that was followed by another is known where its sender was told of it.
  const same = state && (state.body_hash === null || state.body_hash === line.body_hash);
  if (state && same && state.id === line.id && messageOf(state) === messageOf(line)) return;
  const home = line.cid === null ? undefined : roomOf(line.cid, evidence);
  if (home !== undefined && home !== line.room)
    accuse('leak', `${actor} of ${line.room} got ${line.cid} of ${home}`, line);
  else if (state)
    accuse('corrupt', `${actor} was shown ${line.seq} as something else than is stored`, line, state);
  else accuse('ghost', `${actor} was shown ${line.seq}, which is not stored`, line);
}

/** A change is named after the message it changes. */
function messageOf({ cid }: Line): string | null {
  return cid === null ? null : (cid.split('/')[0] ?? null);
}

function roomOf(cid: string, { sent, stored }: Evidence): string | undefined {
  const sender = sent.get(cid)?.room;
  if (sender !== undefined) return sender;
  for (const [room, { byCid }] of stored) if (byCid.has(cid)) return room;
  return undefined;
}

/** C9: what was acknowledged while a member was connected and all was well arrives soon, and all end at the head. */
function freshness(
  actor: string,
  lines: readonly Line[],
  evidence: Evidence,
  bars: Bars,
  accuse: Accuse,
): void {
  const stored = evidence.stored.get(lines[0]?.room ?? '');
  const head = stored?.rows.at(-1);
  let connected = Number.NEGATIVE_INFINITY;
  let position: Line | undefined;
  let left = false;
  for (const line of lines) {
    if (line.kind === 'connect') connected = line.t;
    left = line.op === 'leave';
    if (line.kind !== 'recv' && line.kind !== 'reset') continue;
    const reached = placeOf(position) < placeOf(head) && placeOf(line) >= placeOf(head);
    const acked = line.kind === 'recv' ? ackOf(line, evidence) : undefined;
    // Whoever reaches the head only now was behind since all is well, connected or not.
    const due = Math.max(
      reached ? 0 : connected,
      evidence.healed,
      acked?.t ?? (head && ackOf(head, evidence)?.t) ?? 0,
    );
    if ((acked || reached) && Number.isFinite(evidence.healed) && line.t - due > bars.stale)
      accuse('stale', `${actor} got to ${line.seq} ${Math.round((line.t - due) / 1e9)} s late`, acked, line);
    if (placeOf(line) >= placeOf(position)) position = line;
  }
  const follows = lines.some(({ op, kind }) => op === 'follow' && kind === 'connect');
  if (!follows || left || evidence.bans.has(actor) || !head) return;
  if (placeOf(position) < placeOf(head))
    accuse('stale', `${actor} ends at ${position?.seq ?? 'nothing'}, the head is ${head.id}`, position, head);
  for (const line of lastShown(lines).values()) {
    const row = stored?.byId.get(line.id ?? 0);
    if (row && (line.seq ?? 0) < (row.seq ?? 0))
      accuse('stale', `${actor} ends with ${line.id} as it was at ${line.seq}`, line, row);
  }
}

/** Of a message its id, for it may have been changed since; of a reset its position. */
function placeOf(line: Line | undefined): number {
  return line?.id ?? line?.seq ?? 0;
}

/** The messages a member shows in the end, as it shows them. */
function lastShown(lines: readonly Line[]): Map<number, Line> {
  const shown = new Map<number, Line>();
  for (const line of lines) {
    if (line.kind === 'reset') shown.clear();
    else if (line.kind === 'recv' || line.kind === 'page') shown.set(line.id ?? 0, line);
    else if (line.kind === 'window') for (const id of shown.keys()) if (id < (line.id ?? 0)) shown.delete(id);
  }
  return shown;
}

/** When the state of a line was acknowledged to whoever made it. */
function ackOf(line: Line, evidence: Evidence): Line | undefined {
  const change = evidence.stored.get(line.room)?.acks.get(line.seq ?? 0);
  if (change) return change;
  return line.cid === null || line.seq !== line.id ? undefined : evidence.sent.get(line.cid)?.oks[0];
}
