/** The checks of the log itself: what was acknowledged is stored once, as it was, without holes, in an order time agrees with. */

import type { CheckLimits, ParsedHistory, ReportViolation, SentOperation } from './history.js';
import { DELETED_HASH, type HistoryEntry } from './log-lines.js';

export function checkLog(evidence: ParsedHistory, bars: CheckLimits, report: ReportViolation): void {
  for (const [cid, sent] of evidence.sentOperations) {
    if (sent.invokes[0]?.op === 'change') checkChangeOutcome(cid, sent, evidence, report);
    else checkOutcomes(cid, sent, evidence, report);
  }
  checkRealTimeOrder(evidence, report);
  for (const lines of evidence.entriesByMember.values()) checkSenderOrder(lines, evidence, report);
  for (const [reader, lines] of evidence.finalReads) checkFinalRead(reader, lines, evidence, report);
  checkAllMembersReturned(evidence, report);
  checkLiveness(evidence, bars, report);
}

/** C1, C2 and C4 of what senders were told. */
function checkOutcomes(
  cid: string,
  sent: SentOperation,
  evidence: ParsedHistory,
  accuse: ReportViolation,
): void {
  const row = evidence.storedRooms.get(sent.room)?.byClientId.get(cid);
  const [ok] = sent.oks;
  if (!ok) {
    const [answer] = sent.answers;
    if (answer && !row) accuse('lost-acked', `${cid} was acknowledged and is not in the database`, answer);
    const refused = sent.fails.length > 0 && sent.infos.length === 0 && !answer;
    if (refused && row) accuse('ghost', `${cid} was refused and is stored`, sent.fails[0], row);
    return;
  }
  if (!row) {
    accuse('lost-acked', `${cid} was acknowledged and is not in the database`, ok);
    return;
  }
  const unchanged = row.seq === row.id;
  for (const each of sent.oks) {
    if (each.id !== row.id || each.seq !== row.id || (unchanged && each.body_hash !== row.body_hash))
      accuse('corrupt', `${cid} was acknowledged as something else than is stored`, each, row);
  }
  const [invoke] = sent.invokes;
  if (invoke?.body_hash && invoke.body_hash !== (unchanged ? row : ok).body_hash)
    accuse('corrupt', `${cid} is stored with another body than was sent`, invoke, row);
}

/** The same of an edit or a delete: it stands, or a later one stands in its place, and what is deleted stays deleted. */
function checkChangeOutcome(
  cid: string,
  sent: SentOperation,
  evidence: ParsedHistory,
  accuse: ReportViolation,
): void {
  const [invoke] = sent.invokes;
  const [ok] = sent.oks;
  const row = evidence.storedRooms.get(sent.room)?.byId.get(invoke?.id ?? 0);
  if (!ok) {
    const refused = sent.fails.length > 0 && sent.infos.length === 0;
    if (refused && row && row.body_hash === invoke?.body_hash)
      accuse('ghost', `${cid} was refused and is stored`, sent.fails[0], row);
    return;
  }
  for (const each of sent.oks) {
    // Whoever is told no number never changes the message again.
    const seq = each.seq ?? (row?.body_hash === each.body_hash ? (row?.seq ?? 0) : Number.POSITIVE_INFINITY);
    if (each.id !== invoke?.id || each.body_hash !== invoke?.body_hash || seq <= (each.id ?? 0))
      accuse('corrupt', `${cid} was acknowledged as something else than was asked for`, invoke, each);
    if (!row || (row.seq ?? 0) < seq)
      accuse('lost-acked', `${cid} was acknowledged and is not in the database`, each, row);
    else if (each.body_hash === DELETED_HASH && row.body_hash !== DELETED_HASH)
      accuse('lost-acked', `${cid} deleted a message that is back`, each, row);
    else if (row.seq === seq && row.body_hash !== each.body_hash)
      accuse('corrupt', `${cid} was acknowledged as something else than is stored`, each, row);
  }
}

/** C11: what was acknowledged before another send began has the lower number. */
function checkRealTimeOrder(evidence: ParsedHistory, accuse: ReportViolation): void {
  const newest = new Map<string, HistoryEntry>();
  const floors = new Map<string, HistoryEntry>();
  const steps = [...evidence.sentOperations.values()]
    .flatMap(({ invokes, oks }) => [...invokes.slice(0, 1), ...oks.slice(0, 1)])
    .sort((a, b) => a.t - b.t);
  for (const step of steps) {
    const cid = step.cid ?? '';
    if (step.kind === 'invoke') {
      const floor = newest.get(step.room);
      if (floor) floors.set(cid, floor);
      continue;
    }
    if (step.seq === null) continue;
    const floor = floors.get(cid);
    if (floor && (step.seq ?? 0) < (floor.seq ?? 0)) {
      const name = floor.actor === step.actor ? 'fifo' : 'non-linear';
      accuse(name, `${cid} was sent after ${floor.cid} was acknowledged and stands before it`, floor, step);
    }
    if ((step.seq ?? 0) > (newest.get(step.room)?.seq ?? 0)) newest.set(step.room, step);
  }
}

/** C8: what one connection sent without having to repeat it stands in the order of sending. */
function checkSenderOrder(
  lines: readonly HistoryEntry[],
  evidence: ParsedHistory,
  accuse: ReportViolation,
): void {
  let before: HistoryEntry | undefined;
  for (const line of lines) {
    if (line.kind === 'connect' || line.kind === 'disconnect') before = undefined;
    if (line.op !== 'send' || line.kind !== 'invoke' || line.cid === null) continue;
    const sent = evidence.sentOperations.get(line.cid);
    const [ok] = sent?.oks ?? [];
    if (sent?.invokes.length !== 1 || !ok) continue;
    if (before && (ok.seq ?? 0) < (before.seq ?? 0))
      accuse('fifo', `${line.actor} sent ${line.cid} after ${before.cid}`, before, ok);
    if ((ok.seq ?? 0) > (before?.seq ?? 0)) before = ok;
  }
}

/** C1, C4 and C6 of a fresh read at the end: it is the database row by row, in the order of the ids or of the log. */
function checkFinalRead(
  reader: string,
  lines: readonly HistoryEntry[],
  evidence: ParsedHistory,
  accuse: ReportViolation,
): void {
  const stored = evidence.storedRooms.get(lines[0]?.room ?? '');
  const seen = new Map<number, HistoryEntry>();
  for (const line of lines) {
    const id = line.id ?? 0;
    const row = stored?.byId.get(id);
    if (seen.has(id)) accuse('duplicate', `${reader} read ${id} twice`, seen.get(id), line);
    seen.set(id, line);
    if (!row) accuse('ghost', `${reader} read ${id}, which is not stored`, line);
    else if (row.cid !== line.cid || (row.seq === line.seq && row.body_hash !== line.body_hash))
      accuse('corrupt', `${reader} read ${id} as something else than is stored`, line, row);
    else if (row.seq !== line.seq) {
      accuse(
        wasAcknowledged(row, evidence) ? 'lost-acked' : 'gap',
        `${reader} read ${id} as it was at ${line.seq}`,
        line,
        row,
      );
    }
  }
  const byId = findDescendingPair(lines, ({ id }) => id ?? 0);
  const bySeq = findDescendingPair(lines, ({ seq }) => seq ?? 0);
  if (byId && bySeq) accuse('inversion', `${reader} read ${byId[1].id} after ${byId[0].id}`, ...byId);
  for (const row of stored?.rows ?? []) {
    if (seen.has(row.id ?? 0)) continue;
    accuse(wasAcknowledged(row, evidence) ? 'lost-acked' : 'gap', `${reader} did not get ${row.id}`, row);
  }
}

/** Two lines one after the other whose numbers do not ascend. */
function findDescendingPair(
  lines: readonly HistoryEntry[],
  numberOf: (line: HistoryEntry) => number,
): [HistoryEntry, HistoryEntry] | null {
  let last: HistoryEntry | undefined;
  for (const line of lines) {
    if (last && numberOf(line) < numberOf(last)) return [last, line];
    last = line;
  }
  return null;
}

function wasAcknowledged(row: HistoryEntry, { sentOperations: sent }: ParsedHistory): boolean {
  return row.cid !== null && (sent.get(row.cid)?.oks.length ?? 0) > 0;
}

/** C12: a client that never found back, or a message nobody ever answered for. */
function checkAllMembersReturned(
  { sentOperations: sent, entriesByMember: members, banTimes: bans }: ParsedHistory,
  accuse: ReportViolation,
): void {
  for (const [cid, { invokes, oks, fails, answers }] of sent) {
    if (oks.length + fails.length + answers.length === 0)
      accuse('stuck', `${cid} was never answered`, invokes[0], invokes.at(-1));
  }
  for (const [actor, lines] of members) {
    const last = lines.findLast(({ kind }) => kind === 'connect' || kind === 'disconnect');
    if (last?.kind === 'disconnect' && last.op !== 'leave' && !bans.has(actor))
      accuse('stuck', `${actor} never came back`, last);
  }
}

function checkLiveness(
  { sentOperations: sent, healedAtNs: healed }: ParsedHistory,
  bars: CheckLimits,
  accuse: ReportViolation,
): void {
  let tries = 0;
  let unknown = 0;
  for (const [cid, { invokes, oks, infos }] of sent) {
    tries += invokes.length;
    unknown += infos.length;
    const [ok] = oks;
    const begun = Math.max(healed, invokes[0]?.t ?? 0);
    if (ok && Number.isFinite(healed) && ok.t - begun > bars.maxStuckNs)
      accuse(
        'stuck',
        `${cid} took ${Math.round((ok.t - begun) / 1e9)} s after everything was well`,
        invokes[0],
        ok,
      );
  }
  if (tries > 0 && unknown / tries > bars.maxUnknownShare)
    accuse('stuck', `${unknown} of ${tries} tries had no known outcome`);
}
