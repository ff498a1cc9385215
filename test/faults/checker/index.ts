/** Decides from what every actor wrote down whether the room log kept its promises, and shows the lines that prove it did not. */

import { checkLog } from './log.js';
import type { Line } from './log-lines.js';
import { checkNumbers } from './numbers.js';
import { checkViews } from './views.js';

/** What can go wrong, and the check of reliability.md 3.1 that finds it. */
export const anomalies = {
  'lost-acked': 'C1',
  ghost: 'C2',
  duplicate: 'C3',
  corrupt: 'C4',
  hole: 'C5',
  inversion: 'C6',
  gap: 'C6',
  'silent-gap': 'C7',
  fifo: 'C8',
  stale: 'C9',
  leak: 'C10',
  'non-linear': 'C11',
  stuck: 'C12',
} as const;
export type Anomaly = keyof typeof anomalies;

export type Violation = { name: Anomaly; what: string; lines: Line[] };
export type Accuse = (name: Anomaly, what: string, ...lines: (Line | undefined)[]) => void;

/** Times in nanoseconds; `unknown` is the largest share of tries whose outcome may stay unknown. */
export type Bars = { stale: number; ban: number; stuck: number; unknown: number };
const BARS: Bars = { stale: 15e9, ban: 1e9, stuck: 30e9, unknown: 0.5 };

/** One room: its rows in the database, and the log they and the acknowledgements tell of. */
export type Stored = {
  epoch: string | null;
  /** Ascending by id. */
  rows: Line[];
  /** Where in `rows` a message stands. */
  places: Map<number, number>;
  byId: Map<number, Line>;
  byCid: Map<string, Line>;
  /** What each number of the log made of a message. */
  states: Map<number, Line>;
  /** The numbers of each message, ascending. */
  numbers: Map<number, number[]>;
  /** The acknowledgement of each number that is a change. */
  acks: Map<number, Line>;
};
/** What was asked for, a message or a change of one, by client id. */
export type Sent = { room: string; invokes: Line[]; oks: Line[]; fails: Line[]; infos: Line[] };

/** A history sorted by time and taken apart. */
export type Evidence = {
  stored: Map<string, Stored>;
  sent: Map<string, Sent>;
  members: Map<string, Line[]>;
  finals: Map<string, Line[]>;
  bans: Map<string, number>;
  healed: number;
  /** Time of the last line. */
  end: number;
};

/** Everything that is wrong with a history, at most 20 of a name. Nobody changes a message before it is acknowledged. */
export function check(lines: readonly Line[], bars: Partial<Bars> = {}): Violation[] {
  const evidence = gather([...lines].sort((a, b) => a.t - b.t));
  const violations: Violation[] = [];
  const counts = new Map<Anomaly, number>();
  const accuse: Accuse = (name, what, ...proof) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count > 20) return;
    violations.push({ name, what, lines: proof.filter((line) => line !== undefined) });
  };
  checkNumbers(evidence, accuse);
  checkLog(evidence, { ...BARS, ...bars }, accuse);
  checkViews(evidence, { ...BARS, ...bars }, accuse);
  return violations;
}

/** Violations as a person reads them: name, sentence, lines. */
export function describe(violations: readonly Violation[]): string {
  return violations
    .map(({ name, what, lines }) =>
      [`${anomalies[name]} ${name}: ${what}`, ...lines.map((line) => `    ${JSON.stringify(line)}`)].join(
        '\n',
      ),
    )
    .join('\n');
}

function gather(lines: readonly Line[]): Evidence {
  const evidence: Evidence = {
    stored: new Map(),
    sent: new Map(),
    members: new Map(),
    finals: new Map(),
    bans: new Map(),
    healed: Number.NEGATIVE_INFINITY,
    end: lines.at(-1)?.t ?? 0,
  };
  for (const line of lines) sort(evidence, line);
  for (const { rows } of evidence.stored.values()) rows.sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  return evidence;
}

function sort(evidence: Evidence, line: Line): void {
  if (line.op === 'heal') evidence.healed = Math.max(evidence.healed, line.t);
  else if (line.op === 'ban') evidence.bans.set(line.actor, line.t);
  else if (line.op === 'dump') storedOf(evidence, line.room, line.epoch).rows.push(line);
  else if (line.op === 'final') push(evidence.finals, `${line.actor} of ${line.room}`, line);
  else {
    push(evidence.members, line.actor, line);
    if ((line.op === 'send' || line.op === 'change') && line.cid !== null) record(evidence, line, line.cid);
  }
}

function storedOf(evidence: Evidence, room: string, epoch: string | null): Stored {
  const known = evidence.stored.get(room);
  if (known) return known;
  const stored: Stored = {
    epoch,
    rows: [],
    places: new Map(),
    byId: new Map(),
    byCid: new Map(),
    states: new Map(),
    numbers: new Map(),
    acks: new Map(),
  };
  evidence.stored.set(room, stored);
  return stored;
}

function record(evidence: Evidence, line: Line, cid: string): void {
  const sent = evidence.sent.get(cid) ?? { room: line.room, invokes: [], oks: [], fails: [], infos: [] };
  evidence.sent.set(cid, sent);
  if (line.kind === 'invoke') sent.invokes.push(line);
  else if (line.kind === 'ok') sent.oks.push(line);
  else if (line.kind === 'fail') sent.fails.push(line);
  else if (line.kind === 'info') sent.infos.push(line);
}

function push(map: Map<string, Line[]>, key: string, line: Line): void {
  const list = map.get(key);
  if (list) list.push(line);
  else map.set(key, [line]);
}
