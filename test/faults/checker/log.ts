/** The checks of the log itself: what was acknowledged is stored once, as it was, without holes, in an order time agrees with. */

import type { Accuse, Bars, Evidence, Sent } from './index.js';
import { DELETED, type Line } from './log-lines.js';

export function checkLog(evidence: Evidence, bars: Bars, accuse: Accuse): void {
  for (const [cid, sent] of evidence.sent) {
    if (sent.invokes[0]?.op === 'change') changeIsTrue(cid, sent, evidence, accuse);
    else outcomesAreTrue(cid, sent, evidence, accuse);
  }
  realTime(evidence, accuse);
  for (const lines of evidence.members.values()) senderOrder(lines, evidence, accuse);
  for (const [reader, lines] of evidence.finals) finalRead(reader, lines, evidence, accuse);
  everybodyThere(evidence, accuse);
  liveness(evidence, bars, accuse);
}

/** C1, C2 and C4 of what senders were told. */
function outcomesAreTrue(cid: string, sent: Sent, evidence: Evidence, accuse: Accuse): void {
  const row = evidence.stored.get(sent.room)?.byCid.get(cid);
  const [ok] = sent.oks;
  if (!ok) {
    const refused = sent.fails.length > 0 && sent.infos.length === 0;
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
function changeIsTrue(cid: string, sent: Sent, evidence: Evidence, accuse: Accuse): void {
  const [invoke] = sent.invokes;
  const [ok] = sent.oks;
  const row = evidence.stored.get(sent.room)?.byId.get(invoke?.id ?? 0);
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
    else if (each.body_hash === DELETED && row.body_hash !== DELETED)
      accuse('lost-acked', `${cid} deleted a message that is back`, each, row);
    else if (row.seq === seq && row.body_hash !== each.body_hash)
      accuse('corrupt', `${cid} was acknowledged as something else than is stored`, each, row);
  }
}

/** C11: what was acknowledged before another send began has the lower number. */
function realTime(evidence: Evidence, accuse: Accuse): void {
  const newest = new Map<string, Line>();
  const floors = new Map<string, Line>();
  const steps = [...evidence.sent.values()]
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
function senderOrder(lines: readonly Line[], evidence: Evidence, accuse: Accuse): void {
  let before: Line | undefined;
  for (const line of lines) {
    if (line.kind === 'connect' || line.kind === 'disconnect') before = undefined;
    if (line.op !== 'send' || line.kind !== 'invoke' || line.cid === null) continue;
    const sent = evidence.sent.get(line.cid);
    const [ok] = sent?.oks ?? [];
    if (sent?.invokes.length !== 1 || !ok) continue;
    if (before && (ok.seq ?? 0) < (before.seq ?? 0))
      accuse('fifo', `${line.actor} sent ${line.cid} after ${before.cid}`, before, ok);
    if ((ok.seq ?? 0) > (before?.seq ?? 0)) before = ok;
  }
}

/** C1, C4 and C6 of a fresh read at the end: it is the database row by row, in the order of the ids or of the log. */
function finalRead(reader: string, lines: readonly Line[], evidence: Evidence, accuse: Accuse): void {
  const stored = evidence.stored.get(lines[0]?.room ?? '');
  const seen = new Map<number, Line>();
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
        isAcked(row, evidence) ? 'lost-acked' : 'gap',
        `${reader} read ${id} as it was at ${line.seq}`,
        line,
        row,
      );
    }
  }
  const byId = descent(lines, ({ id }) => id ?? 0);
  const bySeq = descent(lines, ({ seq }) => seq ?? 0);
  if (byId && bySeq) accuse('inversion', `${reader} read ${byId[1].id} after ${byId[0].id}`, ...byId);
  for (const row of stored?.rows ?? []) {
    if (seen.has(row.id ?? 0)) continue;
    accuse(isAcked(row, evidence) ? 'lost-acked' : 'gap', `${reader} did not get ${row.id}`, row);
  }
}

/** Two lines one after the other whose numbers do not ascend. */
function descent(lines: readonly Line[], numberOf: (line: Line) => number): [Line, Line] | null {
  let last: Line | undefined;
  for (const line of lines) {
    if (last && numberOf(line) < numberOf(last)) return [last, line];
    last = line;
  }
  return null;
}

function isAcked(row: Line, { sent }: Evidence): boolean {
  return row.cid !== null && (sent.get(row.cid)?.oks.length ?? 0) > 0;
}

/** C12: a client that never found back, or a message nobody ever answered for. */
function everybodyThere({ sent, members, bans }: Evidence, accuse: Accuse): void {
  for (const [cid, { invokes, oks, fails }] of sent) {
    if (oks.length === 0 && fails.length === 0)
      accuse('stuck', `${cid} was never answered`, invokes[0], invokes.at(-1));
  }
  for (const [actor, lines] of members) {
    const last = lines.findLast(({ kind }) => kind === 'connect' || kind === 'disconnect');
    if (last?.kind === 'disconnect' && last.op !== 'leave' && !bans.has(actor))
      accuse('stuck', `${actor} never came back`, last);
  }
}

function liveness({ sent, healed }: Evidence, bars: Bars, accuse: Accuse): void {
  let tries = 0;
  let unknown = 0;
  for (const [cid, { invokes, oks, infos }] of sent) {
    tries += invokes.length;
    unknown += infos.length;
    const [ok] = oks;
    const begun = Math.max(healed, invokes[0]?.t ?? 0);
    if (ok && Number.isFinite(healed) && ok.t - begun > bars.stuck)
      accuse(
        'stuck',
        `${cid} took ${Math.round((ok.t - begun) / 1e9)} s after everything was well`,
        invokes[0],
        ok,
      );
  }
  if (tries > 0 && unknown / tries > bars.unknown)
    accuse('stuck', `${unknown} of ${tries} tries had no known outcome`);
}
