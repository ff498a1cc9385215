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

A room with 100,000 stored messages receives a hundred more per second for 20 seconds, on a running server. Desktop is 1280 x 800,
phone 390 x 760. "At the end": the list follows the newest message, which must be drawn in the end. "Scrolled up": the visitor
reads older messages while the button counts new ones. "Slower" is the CPU throttling of Chromium
(\`Emulation.setCPUThrottlingRate\`); 4x resembles an older phone. The other lists start with 1,000 messages, keep all they get, and
receive the same batches of five from a timer in the page, without a network.

Frames drawn are counted by \`requestAnimationFrame\`, as a percentage of 60 per second. Long tasks take over 50 ms according to
\`PerformanceObserver\`, in elapsed time including waiting for a core; longest work is the maximum CPU time of a task according to
Chromium's trace. Slow frames are long animation frames, over 50 ms from the first task until drawn. Main thread is CPU time according
to Chromium's \`TaskDuration\`, which includes the throttling. The browser, the server, the database and the senders share the machine's
cores with everything else: the rows without messages show how much of a stutter is not caused by the page.

${renderTable([
  [
    'list',
    'screen',
    'slower',
    'messages/s',
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
