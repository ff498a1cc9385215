/** The checks of the log itself: what was acknowledged is stored once, as it was, without holes, in an order time agrees with. */

import type { Accuse, Bars, Evidence, Sent, Stored } from './checker.js';
import type { Line } from './checker-lines.js';

export function checkLog(evidence: Evidence, bars: Bars, accuse: Accuse): void {
  for (const [room, stored] of evidence.stored) rowsOnceAndDense(room, stored, accuse);
  for (const [cid, sent] of evidence.sent) outcomesAreTrue(cid, sent, evidence, accuse);
  realTime(evidence, accuse);
  for (const lines of evidence.members.values()) senderOrder(lines, evidence, accuse);
  for (const [reader, lines] of evidence.finals) finalRead(reader, lines, evidence, accuse);
  everybodyThere(evidence, accuse);
  liveness(evidence, bars, accuse);
}

/** C3 and C5; fills the indexes that everything else looks into. */
function rowsOnceAndDense(room: string, stored: Stored, accuse: Accuse): void {
  let next = 1;
  for (const row of stored.rows) {
    const seq = row.seq ?? 0;
    const twin = stored.bySeq.get(seq);
    if (twin) accuse('duplicate', `${room} has two rows of seq ${seq}`, twin, row);
    else if (seq !== next)
      accuse('hole', `${room} has ${seq} where ${next} is due`, stored.bySeq.get(next - 1), row);
    if (!twin) next = seq + 1;
    stored.bySeq.set(seq, row);
    if (row.cid === null) continue;
    const again = stored.byCid.get(row.cid);
    if (again) accuse('duplicate', `${room} has two rows of client id ${row.cid}`, again, row);
    else stored.byCid.set(row.cid, row);
  }
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
  for (const each of sent.oks) {
    if (each.seq !== row.seq || (each.body_hash !== null && each.body_hash !== row.body_hash))
      accuse('corrupt', `${cid} was acknowledged as something else than is stored`, each, row);
  }
  const [invoke] = sent.invokes;
  if (invoke?.body_hash && invoke.body_hash !== row.body_hash)
    accuse('corrupt', `${cid} is stored with another body than was sent`, invoke, row);
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

/** C1, C4 and C6 of a fresh read at the end: it is the database, row by row. */
function finalRead(reader: string, lines: readonly Line[], evidence: Evidence, accuse: Accuse): void {
  const stored = evidence.stored.get(lines[0]?.room ?? '');
  const seen = new Map<number, Line>();
  let last = 0;
  for (const line of lines) {
    if (line.kind !== 'page') continue;
    const seq = line.seq ?? 0;
    const row = stored?.bySeq.get(seq);
    if (seen.has(seq)) accuse('duplicate', `${reader} read ${seq} twice`, seen.get(seq), line);
    else if (seq < last) accuse('inversion', `${reader} read ${seq} after ${last}`, seen.get(last), line);
    if (!row) accuse('ghost', `${reader} read ${seq}, which is not stored`, line);
    else if (row.cid !== line.cid || row.body_hash !== line.body_hash)
      accuse('corrupt', `${reader} read ${seq} as something else than is stored`, line, row);
    seen.set(seq, line);
    last = Math.max(last, seq);
  }
  for (const row of stored?.rows ?? []) {
    if (seen.has(row.seq ?? 0)) continue;
    const acked = row.cid !== null && (evidence.sent.get(row.cid)?.oks.length ?? 0) > 0;
    accuse(acked ? 'lost-acked' : 'gap', `${reader} did not get ${row.seq}`, row);
  }
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
