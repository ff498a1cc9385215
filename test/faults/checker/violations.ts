/** Ways to break each promise in a history that keeps them all; null where it has nothing to break. */

import type { Anomaly } from './history.js';
import { DELETED_HASH, type HistoryEntry } from './log-lines.js';
import { sampleHistory } from './samples.js';

type BreakFunction = (lines: HistoryEntry[]) => HistoryEntry[] | null;
export const indexesWhere = (lines: readonly HistoryEntry[], wanted: (line: HistoryEntry) => boolean) =>
  lines.flatMap((line, index) => (wanted(line) ? [index] : []));
const swap = (lines: HistoryEntry[], a: number, b: number) =>
  lines.map((line, index) => {
    const other = index === a ? lines[b] : index === b ? lines[a] : undefined;
    return other ? { ...other, t: line.t } : line;
  });
const change = (lines: HistoryEntry[], at: number | undefined, patch: Partial<HistoryEntry>) =>
  at === undefined ? null : lines.map((line, index) => (index === at ? { ...line, ...patch } : line));
export const removeLine = (lines: HistoryEntry[], at: number | undefined) =>
  at === undefined ? null : lines.filter((_, index) => index !== at);
const duplicateLine = (lines: HistoryEntry[], at: number | undefined) =>
  at === undefined ? null : lines.flatMap((line, index) => (index === at ? [line, { ...line }] : [line]));
/** Two new messages that follow each other in the log and came to one member one after the other, the first never changed. */
const adjacentReceives = (lines: HistoryEntry[]): [number, number] | null => {
  const recv = indexesWhere(lines, ({ kind, id, seq }) => kind === 'recv' && id === seq);
  for (const first of recv) {
    const one = lines[first];
    const second = recv.find(
      (at) => at > first && lines[at]?.actor === one?.actor && lines[at]?.seq === (one?.seq ?? 0) + 1,
    );
    if (second === undefined) continue;
    const own = lines.slice(first + 1).filter(({ actor }) => actor === one?.actor);
    const between = lines.slice(first, second).filter(({ actor }) => actor === one?.actor);
    const together = one?.upto !== null && one?.upto === lines[second]?.upto;
    const changed = own.some(({ id, kind }) => id === one?.id && kind === 'recv');
    if (!together && !changed && !between.some(({ kind }) => kind === 'reset')) return [first, second];
  }
  return null;
};
const acknowledgedSends = (lines: HistoryEntry[]) => lines.find(({ kind }) => kind === 'ok');

export const violationBreaks: Record<Anomaly, BreakFunction> = {
  'lost-acked': (lines) => {
    const cid = acknowledgedSends(lines)?.cid;
    return lines.filter((line) => line.cid !== cid || (line.op !== 'dump' && line.op !== 'final'));
  },
  ghost: (lines) => {
    const cid = acknowledgedSends(lines)?.cid;
    const [ok] = indexesWhere(lines, (line) => line.kind === 'ok' && line.cid === cid);
    if (lines.some((line) => line.cid === cid && line.kind === 'info')) return null;
    return change(lines, ok, { kind: 'fail' });
  },
  duplicate: (lines) => duplicateLine(lines, indexesWhere(lines, ({ kind }) => kind === 'recv')[0]),
  corrupt: (lines) =>
    change(lines, indexesWhere(lines, ({ kind }) => kind === 'ok')[0], { body_hash: 'something else' }),
  hole: (lines) => {
    const dump = indexesWhere(lines, ({ op }) => op === 'dump');
    const [first] = dump;
    return lines.map((line) =>
      line.op === 'dump' && first !== undefined
        ? { ...line, id: (line.id ?? 0) + 1, seq: (line.seq ?? 0) + 1 }
        : line,
    );
  },
  inversion: (lines) => {
    const pair = adjacentReceives(lines);
    return pair && swap(lines, ...pair);
  },
  gap: (lines) => {
    const pair = adjacentReceives(lines);
    return pair && removeLine(lines, pair[0]);
  },
  'silent-gap': (lines) => {
    const pair = adjacentReceives(lines);
    return pair && swap(lines, ...pair);
  },
  fifo: (lines) => {
    const sender = acknowledgedSends(lines)?.actor;
    const [one, two] = indexesWhere(lines, ({ kind, actor }) => kind === 'ok' && actor === sender);
    if (one === undefined || two === undefined) return null;
    const [first, second] = [lines[one]?.seq ?? 0, lines[two]?.seq ?? 0];
    const other = new Map([
      [first, second],
      [second, first],
    ]);
    const cids = [lines[one]?.cid, lines[two]?.cid];
    return lines.map((line) =>
      line.cid !== null && cids.includes(line.cid) && line.seq !== null
        ? { ...line, id: other.get(line.seq) ?? line.id, seq: other.get(line.seq) ?? line.seq }
        : line,
    );
  },
  stale: (lines) => {
    const last = indexesWhere(lines, ({ kind, op }) => kind === 'recv' && op === 'follow').at(-1);
    const healed = lines.find(({ op }) => op === 'heal')?.t ?? 0;
    if (last === undefined || (lines[last]?.t ?? 0) < healed) return null;
    return lines.map((line, index) => (index >= last ? { ...line, t: line.t + 20e9 } : line));
  },
  leak: (lines) => {
    const shop = sampleHistory([], 'othershop/main');
    const foreign = shop.find(({ kind }) => kind === 'ok');
    const at = indexesWhere(lines, ({ kind }) => kind === 'recv')[0];
    const { cid = null, body_hash = null } = foreign ?? {};
    const mixed = change(lines, at, { cid, body_hash });
    return mixed && [...mixed, ...shop];
  },
  'non-linear': (lines) => {
    const ok = lines.find(({ kind }) => kind === 'ok');
    const later = lines.find(
      (line) =>
        line.kind === 'invoke' && line.t > (ok?.t ?? 0) && line.actor !== ok?.actor && line.cid !== null,
    );
    const storedLater = lines.find(({ op, cid }) => op === 'dump' && cid === later?.cid);
    const first = lines.findIndex((line) => line.kind === 'invoke' && line.cid === later?.cid);
    if (!ok || !storedLater || (lines[first]?.t ?? 0) < ok.t) return null;
    const numbers = new Map([
      [ok.cid, storedLater.seq],
      [later?.cid ?? null, ok.seq],
    ]);
    return lines.map((line) =>
      line.seq !== null && numbers.has(line.cid)
        ? { ...line, id: numbers.get(line.cid) ?? null, seq: numbers.get(line.cid) ?? null }
        : line,
    );
  },
  stuck: (lines) => {
    const cid = lines.findLast(({ kind }) => kind === 'ok')?.cid;
    return lines.filter((line) => line.kind !== 'ok' || line.cid !== cid);
  },
};

/** Whether it is the last state of its message. */
const isStoredMessage = (lines: HistoryEntry[], line: HistoryEntry) =>
  lines.some(({ op, id, seq }) => op === 'dump' && id === line.id && seq === line.seq);
/** A change that a member was shown live, and that is the last of its message. */
const findShownChange = (lines: HistoryEntry[]) =>
  indexesWhere(
    lines,
    (line) => line.kind === 'recv' && line.id !== line.seq && isStoredMessage(lines, line),
  )[0];
const findChange = (lines: HistoryEntry[], wanted: (line: HistoryEntry) => boolean = () => true) =>
  lines.find((line) => line.op === 'change' && line.kind === 'ok' && wanted(line));
/** The message of a change as it was before, wherever these lines are of it. */
const undoChange = (lines: HistoryEntry[], change: HistoryEntry | undefined, ops: readonly string[]) => {
  const before = lines.find(({ op, kind, id }) => op === 'send' && kind === 'ok' && id === change?.id);
  if (!change || !before) return null;
  const { seq, body_hash } = before;
  return lines.map((line) =>
    line.id === change.id && ops.includes(line.op) ? { ...line, seq, body_hash } : line,
  );
};

/** One way each in which an edit or a delete can go wrong. */
export const changeBreaks: Record<string, { name: Anomaly; breakIt: BreakFunction }> = {
  'an acknowledged change is not in the database': {
    name: 'lost-acked',
    breakIt: (lines) => undoChange(lines, findChange(lines), ['dump', 'final']),
  },
  'an acknowledged change is not in a fresh read': {
    name: 'lost-acked',
    breakIt: (lines) => undoChange(lines, findChange(lines), ['final']),
  },
  'a deleted message is back': {
    name: 'lost-acked',
    breakIt(lines) {
      const deleted = findChange(lines, ({ body_hash }) => body_hash === DELETED_HASH);
      const back = (line: HistoryEntry) => line.op === 'dump' && line.id === deleted?.id;
      return deleted ? lines.map((line) => (back(line) ? { ...line, body_hash: 'back' } : line)) : null;
    },
  },
  'two changes have one number': {
    name: 'duplicate',
    breakIt(lines) {
      const first = findChange(lines, (line) => isStoredMessage(lines, line));
      const second = findChange(lines, (line) => line.id !== first?.id && isStoredMessage(lines, line));
      if (!first || !second) return null;
      const moved = (line: HistoryEntry) => line.id === first.id && line.seq === first.seq;
      return lines.map((line) => (moved(line) ? { ...line, seq: second.seq } : line));
    },
  },
  'a change takes a number that nothing is of': {
    name: 'hole',
    breakIt(lines) {
      const passed = findChange(lines, (line) => !isStoredMessage(lines, line));
      return passed
        ? lines.filter(({ cid, id, seq }) => cid !== passed.cid && (id !== passed.id || seq !== passed.seq))
        : null;
    },
  },
  'a change is acknowledged with another text': {
    name: 'corrupt',
    breakIt: (lines) =>
      change(lines, indexesWhere(lines, (line) => line === findChange(lines))[0], { body_hash: 'other' }),
  },
  'a refused change is stored': {
    name: 'ghost',
    breakIt(lines) {
      const lost = (line: HistoryEntry) => lines.some(({ cid, kind }) => cid === line.cid && kind === 'info');
      const stored = findChange(lines, (line) => isStoredMessage(lines, line) && !lost(line));
      return change(lines, indexesWhere(lines, (line) => line === stored)[0], { kind: 'fail' });
    },
  },
  'a member is shown a message as it was before': {
    name: 'inversion',
    breakIt(lines) {
      const at = findShownChange(lines);
      const line = lines[at ?? -1];
      const before = lines.find(({ op, kind, id }) => op === 'send' && kind === 'ok' && id === line?.id);
      if (at === undefined || !line || !before) return null;
      const late = { ...line, seq: before.seq, body_hash: before.body_hash };
      return lines.flatMap((each, index) => (index === at ? [line, late] : [each]));
    },
  },
  'a member misses a change': {
    name: 'stale',
    breakIt(lines) {
      const at = findShownChange(lines);
      const { actor, id } = lines[at ?? -1] ?? {};
      const before = lines.slice(0, at).findLast((line) => line.actor === actor && line.id === id);
      // A history that follows makes up for it.
      const reset = lines.slice(at).some((line) => line.actor === actor && line.kind === 'reset');
      return before === undefined || before.op !== 'follow' || reset ? null : removeLine(lines, at);
    },
  },
  'a history shows a message without its change': {
    name: 'silent-gap',
    breakIt(lines) {
      const at = indexesWhere(
        lines,
        ({ kind, op, id, seq }) => kind === 'page' && op === 'follow' && id !== seq,
      )[0];
      return at === undefined ? null : change(lines, at, { seq: lines[at]?.id ?? 0 });
    },
  },
};
