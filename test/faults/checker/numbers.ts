/** The numbers of a room's log: each one made or changed one message, once, and none is left out. */

import type { Accuse, Evidence, Stored } from './index.js';
import type { Line } from './log-lines.js';

/** C3 and C5; fills the indexes that everything else looks into. */
export function checkNumbers(evidence: Evidence, accuse: Accuse): void {
  for (const [room, stored] of evidence.stored) {
    rowsOnce(room, stored, accuse);
    for (const row of stored.rows) {
      if (row.seq !== row.id) take(room, stored, row.id ?? 0, firstState(row, evidence), accuse);
      take(room, stored, row.seq ?? 0, row, accuse);
    }
  }
  for (const { room, oks } of evidence.sent.values()) {
    const stored = evidence.stored.get(room);
    for (const ok of oks) {
      // What is lost explains no number.
      const stands = (stored?.byId.get(ok.id ?? 0)?.seq ?? 0) >= (ok.seq ?? 0);
      if (ok.op !== 'change' || ok.seq === null || !stored || !stands) continue;
      take(room, stored, ok.seq ?? 0, ok, accuse);
      stored.acks.set(ok.seq ?? 0, ok);
    }
  }
  for (const [room, stored] of evidence.stored) {
    dense(room, stored, accuse);
    for (const list of stored.numbers.values()) list.sort((a, b) => a - b);
  }
}

function rowsOnce(room: string, { rows, places, byId, byCid }: Stored, accuse: Accuse): void {
  for (const [place, row] of rows.entries()) {
    const id = row.id ?? 0;
    const twin = byId.get(id);
    if (twin) accuse('duplicate', `${room} has two rows of id ${id}`, twin, row);
    byId.set(id, row);
    places.set(id, place);
    if (row.cid === null) continue;
    const again = byCid.get(row.cid);
    if (again) accuse('duplicate', `${room} has two rows of client id ${row.cid}`, again, row);
    else byCid.set(row.cid, row);
  }
}

/** How a message stood before it was changed: as it was acknowledged, for nobody changes one that is not. */
function firstState(row: Line, { sent }: Evidence): Line {
  const ok = row.cid === null ? undefined : sent.get(row.cid)?.oks[0];
  return { ...row, seq: row.id, body_hash: ok?.body_hash ?? null };
}

function take(room: string, { states, numbers }: Stored, seq: number, state: Line, accuse: Accuse): void {
  const other = states.get(seq);
  if (other) {
    if (other.id !== state.id || other.body_hash !== state.body_hash)
      accuse('duplicate', `${room} has two changes of number ${seq}`, other, state);
    return;
  }
  states.set(seq, state);
  const id = state.id ?? 0;
  const list = numbers.get(id);
  if (list) list.push(seq);
  else numbers.set(id, [seq]);
}

function dense(room: string, { states }: Stored, accuse: Accuse): void {
  let next = 1;
  for (const seq of [...states.keys()].sort((a, b) => a - b)) {
    if (seq !== next)
      accuse('hole', `${room} has ${seq} where ${next} is due`, states.get(next - 1), states.get(seq));
    next = seq + 1;
  }
}
