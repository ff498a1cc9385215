/** The numbers of a room's log: each one made or changed one message, once, and none is left out. */

import type { ParsedHistory, ReportViolation, StoredRoom } from './history.js';
import type { HistoryEntry } from './log-lines.js';

/** C3 and C5; fills the indexes that everything else looks into. */
export function checkNumbers(evidence: ParsedHistory, accuse: ReportViolation): void {
  for (const [room, stored] of evidence.storedRooms) {
    checkUniqueRows(room, stored, accuse);
    for (const row of stored.rows) {
      if (row.seq !== row.id) recordState(room, stored, row.id ?? 0, initialStateOf(row, evidence), accuse);
      recordState(room, stored, row.seq ?? 0, row, accuse);
    }
  }
  for (const { room, oks } of evidence.sentOperations.values()) {
    const stored = evidence.storedRooms.get(room);
    for (const ok of oks) {
      // What is lost explains no number.
      const stands = (stored?.byId.get(ok.id ?? 0)?.seq ?? 0) >= (ok.seq ?? 0);
      if (ok.op !== 'change' || ok.seq === null || !stored || !stands) continue;
      recordState(room, stored, ok.seq ?? 0, ok, accuse);
      stored.ackBySeq.set(ok.seq ?? 0, ok);
    }
  }
  for (const [room, stored] of evidence.storedRooms) {
    checkDenseNumbers(room, stored, accuse);
    for (const list of stored.seqsByMessageId.values()) list.sort((a, b) => a - b);
  }
}

function checkUniqueRows(
  room: string,
  { rows, rowIndexById: places, byId, byClientId: byCid }: StoredRoom,
  accuse: ReportViolation,
): void {
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
function initialStateOf(row: HistoryEntry, { sentOperations: sent }: ParsedHistory): HistoryEntry {
  const ok = row.cid === null ? undefined : sent.get(row.cid)?.oks[0];
  return { ...row, seq: row.id, body_hash: ok?.body_hash ?? null };
}

function recordState(
  room: string,
  { stateBySeq: states, seqsByMessageId: numbers }: StoredRoom,
  seq: number,
  state: HistoryEntry,
  accuse: ReportViolation,
): void {
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

function checkDenseNumbers(room: string, { stateBySeq: states }: StoredRoom, accuse: ReportViolation): void {
  let next = 1;
  for (const seq of [...states.keys()].sort((a, b) => a - b)) {
    if (seq !== next)
      accuse('hole', `${room} has ${seq} where ${next} is due`, states.get(next - 1), states.get(seq));
    next = seq + 1;
  }
}
