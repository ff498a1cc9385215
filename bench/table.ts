/** The one table of a run, as it is printed and kept: values, and what they are to the baselines of the same run. */

import type { ResultRow } from './context.js';

export type BenchRun = {
  date: string;
  machine: string;
  /** Load of the machine before the first server started: other programs make every figure worse. */
  loadBefore: number;
  seconds: number;
  options: string;
  rows: ResultRow[];
};

const EMPTY_CELL = '–';
const TABLE_HEAD = [
  'measure',
  'Chatty',
  'bare ws',
  'Chatty / bare',
  'getting-started',
  'Chatty / g.-s.',
  'target',
  'notes',
];

export function renderRun(run: BenchRun): string {
  const scenarios = [...new Set(run.rows.map(({ scenario }) => scenario))];
  const lines = [formatLine(TABLE_HEAD), formatLine(TABLE_HEAD.map(() => '---'))];
  for (const scenario of scenarios) {
    lines.push(formatLine([`**${scenario}**`, ...TABLE_HEAD.slice(1).map(() => '')]));
    for (const row of run.rows) if (row.scenario === scenario) lines.push(formatLine(formatRow(row)));
  }
  return `# Benchmark results

Written by \`npm run bench\`. ${run.date}, ${run.machine}, load before ${run.loadBefore.toFixed(2)}, ${Math.round(run.seconds)} s${run.options ? `, ${run.options}` : ''}.

Read ratios, not absolutes. Each server is one process pinned to core 0; the generator is one process pinned to core 1;
PostgreSQL (embedded, durable, the same for all) runs on either core. "bare ws" broadcasts a prebuilt frame and stores
nothing; "getting-started" is the chat of the Socket.IO guide with one INSERT per message through a pool of ten. A rate is
sustained if every delivery arrives within 0.5 s of the last message and p99 is at most 250 ms. Latencies include the generator's.

${lines.join('\n')}
`;
}

function formatRow({ measure, ours, bare, started, bar, note }: ResultRow): string[] {
  return [
    measure,
    formatFigure(ours),
    formatFigure(bare),
    formatRatio(ours, bare),
    formatFigure(started),
    formatRatio(ours, started),
    bar ?? '',
    note ?? '',
  ];
}

function formatLine(values: string[]): string {
  return `| ${values.join(' | ')} |`;
}

function formatFigure(value: number | null): string {
  if (value === null || Number.isNaN(value)) return EMPTY_CELL;
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function formatRatio(value: number | null, base: number | null): string {
  if (value === null || base === null || !(base > 0) || Number.isNaN(value)) return EMPTY_CELL;
  const quotient = value / base;
  return `${quotient >= 10 ? quotient.toFixed(0) : quotient.toFixed(2)}x`;
}
