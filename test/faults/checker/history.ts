/** A recorded history taken apart by room, operation and member, and the anomalies that checks can report. */

import type { HistoryEntry } from './log-lines.js';

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

export type Violation = { name: Anomaly; message: string; entries: HistoryEntry[] };
export type ReportViolation = (name: Anomaly, what: string, ...lines: (HistoryEntry | undefined)[]) => void;

/** Times in nanoseconds; `unknown` is the largest share of tries whose outcome may stay unknown. */
export type CheckLimits = {
  maxStaleNs: number;
  maxBanDelayNs: number;
  maxStuckNs: number;
  maxUnknownShare: number;
};
/** One room: its rows in the database, and the log they and the acknowledgements tell of. */
export type StoredRoom = {
  epoch: string | null;
  /** Ascending by id. */
  rows: HistoryEntry[];
  /** Where in `rows` a message stands. */
  rowIndexById: Map<number, number>;
  byId: Map<number, HistoryEntry>;
  byClientId: Map<string, HistoryEntry>;
  /** What each number of the log made of a message. */
  stateBySeq: Map<number, HistoryEntry>;
  /** The numbers of each message, ascending. */
  seqsByMessageId: Map<number, number[]>;
  /** The acknowledgement of each number that is a change. */
  ackBySeq: Map<number, HistoryEntry>;
};
/** What was asked for, a message or a change of one, by client id. */
export type SentOperation = {
  room: string;
  invokes: HistoryEntry[];
  oks: HistoryEntry[];
  fails: HistoryEntry[];
  infos: HistoryEntry[];
  /** Acknowledged, but the actor does not know with which number: the message is above what its client shows. */
  answers: HistoryEntry[];
};

/** A history sorted by time and taken apart. */
export type ParsedHistory = {
  storedRooms: Map<string, StoredRoom>;
  sentOperations: Map<string, SentOperation>;
  entriesByMember: Map<string, HistoryEntry[]>;
  finalReads: Map<string, HistoryEntry[]>;
  banTimes: Map<string, number>;
  healedAtNs: number;
  /** Time of the last line. */
  endNs: number;
};
