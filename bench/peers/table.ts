/** The part of the results that is about peers, from what `npm run peers` kept. */

import type { BundleSize } from './build.js';
import type { BrowserCost } from './costs.js';

export type Comparison = {
  date: string;
  machine: string;
  /** Load of the machine before the first round. */
  loadBefore: number;
  esbuild: string;
  chromium: string;
  rounds: number;
  /** What everyone needs who reads and writes here; the ratios are to it. */
  ours: BundleSize;
  /** What every page loads that holds the chat, opened or not. */
  loader: BundleSize;
  /** With what comes by itself once one can read and write. */
  whole: BundleSize;
  peers: { name: string; licence: string; holds: string; size: BundleSize }[];
  leftOut: string[];
  /** Ours first. */
  costs: { name: string; cost: BrowserCost }[];
};

const COST_MEASURES: [keyof BrowserCost, string][] = [
  ['shown', 'until the newest of 50 messages is drawn, ms'],
  ['start', 'main thread until the page is idle, ms'],
  ['key', 'main thread per key press, 50 messages, ms'],
  ['longKey', 'main thread per key press, 1,000 messages, ms'],
  ['message', 'main thread per incoming message, 50 messages, ms'],
  ['longMessage', 'main thread per incoming message, 1,000 messages, ms'],
  ['heap', 'JavaScript heap after that, 50 messages, MB'],
  ['longHeap', 'JavaScript heap after that, 1,000 messages, MB'],
  ['longNodes', 'DOM nodes after that, 1,000 messages'],
];

export function renderPeers(comparison: Comparison): string {
  const { date, machine, loadBefore, esbuild, chromium, rounds, leftOut } = comparison;
  return `# Comparison with other chats

Written by \`npm run peers\`. ${date}, ${machine}, load before ${loadBefore.toFixed(2)}, esbuild ${esbuild}, Chromium ${chromium}.

## Bytes to read and write in one channel

Each product is installed from npm, in an exact version and a temporary folder (nothing of it is distributed), and bundled by
esbuild from the smallest page its documentation allows (\`bench/peers/entries/\`): production, minified, ES2022, split at
\`import()\`. The figures include the scripts and styles that the page loads at once, each file compressed separately (gzip 9,
brotli 11). They exclude chunks loaded by \`import()\`, fonts, images, sounds, and what a service sends. React is included; a site
that already loads it saves that much. Chatty is counted as served.

${renderSizes(comparison)}

Not measured:

${leftOut.map((sentence) => `- ${sentence}`).join('\n')}

## Work in the browser

Medians of ${rounds} rounds in headless Chromium, alternating in each round, with an empty cache and a viewport of 400 x 700. In
brackets: the ratio to Chatty. Main thread is CPU time according to Chromium's \`TaskDuration\`: scripts, style, layout, painting,
events. Key presses are 40 ms apart, messages 50 ms. Only products that can show messages from the page itself can be measured
without their service: their messages are in the page from the start, without network, sign-in or storage, and all 1,000 are added
at once. Chatty uses a running server: it signs in, loads the newest 50 over a WebSocket and receives the others one by one. It
draws only the rows near the viewport.

${costs(comparison)}
`;
}

function renderSizes({ ours, loader, whole, peers }: Comparison): string {
  const rows = [
    {
      name: 'Chatty: the loader, on every page',
      size: loader,
      holds: 'the button; the rest on demand',
      licence: 'MIT',
    },
    {
      name: '**Chatty: everything to read and write**',
      size: ours,
      holds: 'UI, client, one language',
      licence: 'MIT',
    },
    {
      name: 'Chatty: with the extras loaded afterwards',
      size: whole,
      holds: 'replies, reactions, names, times',
      licence: 'MIT',
    },
    ...peers,
  ];
  return renderTable([
    ['what', 'gzip', 'brotli', 'times ours (gzip)', 'requests', 'holds', 'licence'],
    ...rows.map(({ name, size, holds, licence }) => [
      name,
      size.gzip.toLocaleString('en'),
      size.brotli.toLocaleString('en'),
      `${(size.gzip / ours.gzip).toFixed(1)}x`,
      String(size.requests),
      holds,
      licence,
    ]),
  ]);
}

function costs({ costs: all }: Comparison): string {
  const ours = all[0]?.cost;
  return renderTable([
    ['measure', ...all.map(({ name }) => name)],
    ...COST_MEASURES.map(([key, measure]) => [
      measure,
      ...all.map(({ cost }) =>
        cost === ours || !ours
          ? formatFigure(cost[key])
          : `${formatFigure(cost[key])} (${formatRatio(cost[key] / ours[key])})`,
      ),
    ]),
  ]);
}

function formatFigure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

function formatRatio(quotient: number): string {
  return `${quotient >= 10 ? quotient.toFixed(0) : quotient.toFixed(1)}x`;
}

export function renderTable([head = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
