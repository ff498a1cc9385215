/** The part of the results that is about the busy room, from what `npm run peers` kept. */

import type { BusyMeasurement } from './busy.js';
import { renderTable } from './table.js';

export type BusyRoom = {
  date: string;
  machine: string;
  /** Load of the machine before the first row. */
  loadBefore: number;
  /** After the last; what ran beside it is in the figures. */
  loadAfter: number;
  chromium: string;
  rows: BusyMeasurement[];
};

export function renderBusy({ date, machine, loadBefore, loadAfter, chromium, rows }: BusyRoom): string {
  return `# A busy room in the browser

Written by \`npm run peers\` (\`npm run peers -- --only busy\` for this alone). ${date}, ${machine}, load before ${loadBefore.toFixed(2)} and after ${loadAfter.toFixed(2)}, Chromium ${chromium}.

A room with 100,000 messages stored, in which a hundred more a second are said for 20 seconds, on a running server; desktop is
1280 x 800, phone 390 x 760. At the end the newest is drawn in the end, or the row fails; further up one reads older messages
while the pill counts. "Slower" is how many times slower Chromium makes the processor look to the page
(\`Emulation.setCPUThrottlingRate\`), 4x being an older phone. The lists of other projects and the one by hand begin with 1,000
messages, keep all they are given, and get the same rounds of five from a timer in the page, with no network behind them.

Frames drawn are counted by \`requestAnimationFrame\`, in percent of 60 a second. Long tasks are those over 50 ms, by
\`PerformanceObserver\`, as the clock has it, waiting for a core included; longest work is the most any task took of the
processor itself, by Chromium's trace. Slow frames are long animation frames, over 50 ms from the first task until they are drawn. Main thread
is processor time by Chromium's \`TaskDuration\`, of which a throttled page is charged the slowing down as well. The browser,
the server, the database and the senders share the machine's cores with whatever else runs there: the rows in which nothing
comes say how much of a stutter is not the page's own.

${renderTable([
  [
    'what is shown',
    'screen',
    'slower',
    'came a second',
    'frames drawn',
    'frame p50, ms',
    'p99',
    'longest',
    'long tasks',
    'longest, ms',
    'longest work, ms',
    'slow frames',
    'longest, ms',
    'main thread',
  ],
  ...rows.map(formatBusyRow),
])}
`;
}

function formatBusyRow({ name, screen, throttle, rate, smooth }: BusyMeasurement): string[] {
  const { frames, median, p99, longest, tasks, longestTask, longestWork, slowFrames, longestFrame, busy } =
    smooth;
  return [
    name,
    screen,
    `${throttle}x`,
    rate.toFixed(0),
    `${frames.toFixed(1)} %`,
    median.toFixed(1),
    p99.toFixed(1),
    longest.toFixed(1),
    String(tasks),
    tasks === 0 ? '-' : String(longestTask),
    longestWork.toFixed(1),
    String(slowFrames),
    slowFrames === 0 ? '-' : String(longestFrame),
    `${busy.toFixed(0)} %`,
  ];
}
