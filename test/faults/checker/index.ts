/** Decides from what every actor wrote down whether the room log kept its promises, and shows the lines that prove it did not. */

import type {
  Anomaly,
  CheckLimits,
  ParsedHistory,
  ReportViolation,
  StoredRoom,
  Violation,
} from './history.js';
import { anomalies } from './history.js';
import { checkLog } from './log.js';
import type { HistoryEntry } from './log-lines.js';

export { type Anomaly, anomalies, type CheckLimits, type Violation } from './history.js';

import { checkNumbers } from './numbers.js';
import { checkViews } from './views.js';

const DEFAULT_CHECK_LIMITS: CheckLimits = {
  maxStaleNs: 15e9,
  maxBanDelayNs: 1e9,
  maxStuckNs: 30e9,
  maxUnknownShare: 0.5,
};

/** Everything that is wrong with a history, at most 20 of a name. Nobody changes a message before it is acknowledged. */
export function checkHistory(lines: readonly HistoryEntry[], limits: Partial<CheckLimits> = {}): Violation[] {
  const evidence = parseHistory([...lines].sort((a, b) => a.t - b.t));
  const violations: Violation[] = [];
  const counts = new Map<Anomaly, number>();
  const report: ReportViolation = (name, what, ...proof) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count > 20) return;
    violations.push({ name, message: what, entries: proof.filter((line) => line !== undefined) });
  };
  checkNumbers(evidence, report);
  checkLog(evidence, { ...DEFAULT_CHECK_LIMITS, ...limits }, report);
  checkViews(evidence, { ...DEFAULT_CHECK_LIMITS, ...limits }, report);
  return violations;
}

/** Violations as a person reads them: name, sentence, lines. */
export function formatViolations(violations: readonly Violation[]): string {
  return violations
    .map(({ name, message: what, entries: lines }) =>
      [`${anomalies[name]} ${name}: ${what}`, ...lines.map((line) => `    ${JSON.stringify(line)}`)].join(
        '\n',
      ),
    )
    .join('\n');
}

function parseHistory(lines: readonly HistoryEntry[]): ParsedHistory {
  const evidence: ParsedHistory = {
    storedRooms: new Map(),
    sentOperations: new Map(),
    entriesByMember: new Map(),
    finalReads: new Map(),
    banTimes: new Map(),
    healedAtNs: Number.NEGATIVE_INFINITY,
    endNs: lines.at(-1)?.t ?? 0,
  };
  for (const line of lines) classifyEntry(evidence, line);
  for (const { rows } of evidence.storedRooms.values()) rows.sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  return evidence;
}

function classifyEntry(evidence: ParsedHistory, line: HistoryEntry): void {
  if (line.op === 'heal') evidence.healedAtNs = Math.max(evidence.healedAtNs, line.t);
  else if (line.op === 'ban') evidence.banTimes.set(line.actor, line.t);
  else if (line.op === 'dump') getOrCreateStoredRoom(evidence, line.room, line.epoch).rows.push(line);
  else if (line.op === 'final') appendToGroup(evidence.finalReads, `${line.actor} of ${line.room}`, line);
  else {
    appendToGroup(evidence.entriesByMember, line.actor, line);
    if ((line.op === 'send' || line.op === 'change') && line.cid !== null)
      recordOperation(evidence, line, line.cid);
  }
}

function getOrCreateStoredRoom(evidence: ParsedHistory, room: string, epoch: string | null): StoredRoom {
  const known = evidence.storedRooms.get(room);
  if (known) return known;
  const stored: StoredRoom = {
    epoch,
    rows: [],
    rowIndexById: new Map(),
    byId: new Map(),
    byClientId: new Map(),
    stateBySeq: new Map(),
    seqsByMessageId: new Map(),
    ackBySeq: new Map(),
  };
  evidence.storedRooms.set(room, stored);
  return stored;
}

function recordOperation(evidence: ParsedHistory, line: HistoryEntry, cid: string): void {
  const sent = evidence.sentOperations.get(cid) ?? {
    room: line.room,
    invokes: [],
    oks: [],
    fails: [],
    infos: [],
    answers: [],
  };
  evidence.sentOperations.set(cid, sent);
  if (line.kind === 'invoke') sent.invokes.push(line);
  else if (line.kind === 'ok') sent.oks.push(line);
  else if (line.kind === 'fail') sent.fails.push(line);
  else if (line.kind === 'info') sent.infos.push(line);
  else if (line.kind === 'answered') sent.answers.push(line);
}

function appendToGroup(map: Map<string, HistoryEntry[]>, key: string, line: HistoryEntry): void {
  const list = map.get(key);
  if (list) list.push(line);
  else map.set(key, [line]);
}
