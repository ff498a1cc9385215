/** The checks of what each member saw: a run of the log without holes between resets, of its own room, soon enough. */

import type { CheckLimits, ParsedHistory, ReportViolation } from './history.js';
import type { HistoryEntry } from './log-lines.js';
import { checkMemberOrder } from './sequence.js';

export function checkViews(evidence: ParsedHistory, bars: CheckLimits, accuse: ReportViolation): void {
  for (const [actor, lines] of evidence.entriesByMember) {
    for (const line of lines)
      if (line.kind === 'recv' || line.kind === 'page') checkReceivedContent(actor, line, evidence, accuse);
    checkMemberOrder(actor, lines, evidence.storedRooms.get(lines[0]?.room ?? ''), accuse);
    checkFreshness(actor, lines, evidence, bars, accuse);
    const ban = evidence.banTimes.get(actor);
    const after =
      ban === undefined
        ? undefined
        : lines.find((line) => isReceive(line) && line.t > ban + bars.maxBanDelayNs);
    if (after) accuse('leak', `${actor} is banned and still takes part`, after);
  }
}

function isReceive({ kind }: HistoryEntry): boolean {
  return kind === 'recv' || kind === 'page' || kind === 'ok';
}

/** C4 and C10: what is shown is what its number made of it, in this room. */
function checkReceivedContent(
  actor: string,
  line: HistoryEntry,
  evidence: ParsedHistory,
  accuse: ReportViolation,
): void {
  const state = evidence.storedRooms.get(line.room)?.stateBySeq.get(line.seq ?? 0);
  // The text of a state that was followed by another is known where its sender was told of it.
  const same = state && (state.body_hash === null || state.body_hash === line.body_hash);
  if (state && same && state.id === line.id && originalClientId(state) === originalClientId(line)) return;
  const home = line.cid === null ? undefined : roomOfMessage(line.cid, evidence);
  if (home !== undefined && home !== line.room)
    accuse('leak', `${actor} of ${line.room} got ${line.cid} of ${home}`, line);
  else if (state)
    accuse('corrupt', `${actor} was shown ${line.seq} as something else than is stored`, line, state);
  else accuse('ghost', `${actor} was shown ${line.seq}, which is not stored`, line);
}

/** A change is named after the message it changes. */
function originalClientId({ cid }: HistoryEntry): string | null {
  return cid === null ? null : (cid.split('/')[0] ?? null);
}

function roomOfMessage(
  cid: string,
  { sentOperations: sent, storedRooms: stored }: ParsedHistory,
): string | undefined {
  const sender = sent.get(cid)?.room;
  if (sender !== undefined) return sender;
  for (const [room, { byClientId: byCid }] of stored) if (byCid.has(cid)) return room;
  return undefined;
}

/** C9: what was acknowledged while a member was connected and all was well arrives soon, and all end at the head. */
function checkFreshness(
  actor: string,
  lines: readonly HistoryEntry[],
  evidence: ParsedHistory,
  bars: CheckLimits,
  accuse: ReportViolation,
): void {
  const stored = evidence.storedRooms.get(lines[0]?.room ?? '');
  const head = stored?.rows.at(-1);
  let connected = Number.NEGATIVE_INFINITY;
  let position: HistoryEntry | undefined;
  let left = false;
  for (const line of lines) {
    if (line.kind === 'connect') connected = line.t;
    left = line.op === 'leave';
    if (line.kind !== 'recv' && line.kind !== 'reset') continue;
    const reached = positionOf(position) < positionOf(head) && positionOf(line) >= positionOf(head);
    const acked = line.kind === 'recv' ? acknowledgementOf(line, evidence) : undefined;
    // Whoever reaches the head only now was behind since all is well, connected or not.
    const due = Math.max(
      reached ? 0 : connected,
      evidence.healedAtNs,
      acked?.t ?? (head && acknowledgementOf(head, evidence)?.t) ?? 0,
    );
    if ((acked || reached) && Number.isFinite(evidence.healedAtNs) && line.t - due > bars.maxStaleNs)
      accuse('stale', `${actor} got to ${line.seq} ${Math.round((line.t - due) / 1e9)} s late`, acked, line);
    if (positionOf(line) >= positionOf(position)) position = line;
  }
  const follows = lines.some(({ op, kind }) => op === 'follow' && kind === 'connect');
  if (!follows || left || evidence.banTimes.has(actor) || !head) return;
  if (positionOf(position) < positionOf(head))
    accuse('stale', `${actor} ends at ${position?.seq ?? 'nothing'}, the head is ${head.id}`, position, head);
  for (const line of lastShownStates(lines).values()) {
    const row = stored?.byId.get(line.id ?? 0);
    if (row && (line.seq ?? 0) < (row.seq ?? 0))
      accuse('stale', `${actor} ends with ${line.id} as it was at ${line.seq}`, line, row);
  }
}

/** Of a message its id, for it may have been changed since; of a reset its position. */
function positionOf(line: HistoryEntry | undefined): number {
  return line?.id ?? line?.seq ?? 0;
}

/** The messages a member shows in the end, as it shows them. */
function lastShownStates(lines: readonly HistoryEntry[]): Map<number, HistoryEntry> {
  const shown = new Map<number, HistoryEntry>();
  for (const line of lines) {
    if (line.kind === 'reset') shown.clear();
    else if (line.kind === 'recv' || line.kind === 'page') shown.set(line.id ?? 0, line);
    else if (line.kind === 'window') for (const id of shown.keys()) if (id < (line.id ?? 0)) shown.delete(id);
  }
  return shown;
}

/** When the state of a line was acknowledged to whoever made it. */
function acknowledgementOf(line: HistoryEntry, evidence: ParsedHistory): HistoryEntry | undefined {
  const change = evidence.storedRooms.get(line.room)?.ackBySeq.get(line.seq ?? 0);
  if (change) return change;
  return line.cid === null || line.seq !== line.id
    ? undefined
    : evidence.sentOperations.get(line.cid)?.oks[0];
}
