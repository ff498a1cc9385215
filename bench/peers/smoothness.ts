/** How smoothly a page moves: the frames it drew, the tasks that held it up, and how busy its main thread was. */

import type { Browser, CDPSession, Page } from 'playwright-core';
import { mainThreadBusy } from './costs.js';

/** Of some seconds, in milliseconds unless it says otherwise. */
export type Smoothness = {
  /** Frames drawn, in percent of sixty a second. */
  frames: number;
  /** From one frame to the next. */
  median: number;
  p99: number;
  longest: number;
  /** Tasks over 50 ms, and the longest of them; 0 where there was none. */
  tasks: number;
  longestTask: number;
  /** The longest in processor time: what else ran on the machine is not in it. */
  longestWork: number;
  /** Frames that took over 50 ms from their first task until they were drawn, and the longest of them. */
  slowFrames: number;
  longestFrame: number;
  /** Percent of the time the main thread worked, in processor time; under a throttle this is more than it was. */
  busy: number;
};

const FRAMES_PER_SECOND = 60;

type FrameWatcher = {
  times: number[];
  spans: { type: string; duration: number }[];
  begin(): void;
  end(): Pick<FrameWatcher, 'times' | 'spans'>;
};
type MeasuredFrames = { smooth: FrameWatcher };

/** In the page, before its own scripts. Methods only: the compiler gives named functions a helper that no page has. */
function installFrameWatcher(): void {
  const types = ['longtask', 'long-animation-frame'].filter((type) =>
    PerformanceObserver.supportedEntryTypes.includes(type),
  );
  Object.assign(window, {
    smooth: {
      times: [],
      spans: [],
      begin() {
        for (const type of types)
          new PerformanceObserver((list) => {
            for (const { entryType, duration, startTime } of list.getEntries())
              if (startTime >= (this.times[0] ?? Number.POSITIVE_INFINITY))
                this.spans.push({ type: entryType, duration });
          }).observe({ type, buffered: true });
        void (async () => {
          for (;;) this.times.push(await new Promise(requestAnimationFrame));
        })();
      },
      end() {
        return { times: this.times, spans: this.spans };
      },
    },
  } satisfies MeasuredFrames);
}

/** Before the page is opened. */
export async function observeFrames(page: Page): Promise<void> {
  await page.addInitScript(installFrameWatcher);
}

/** While the work goes on in a page that is watched. */
export async function measureSmoothness(
  browser: Browser,
  { page, session }: { page: Page; session: CDPSession },
  work: () => Promise<unknown>,
): Promise<Smoothness> {
  await browser.startTracing(page, { categories: ['toplevel'] });
  await page.evaluate(() => (window as unknown as MeasuredFrames).smooth.begin());
  const before = await mainThreadBusy(session);
  await work();
  const worked = (await mainThreadBusy(session)) - before;
  const trace = JSON.parse(String(await browser.stopTracing())) as Trace;
  const { times, spans } = await page.evaluate(() => (window as unknown as MeasuredFrames).smooth.end());
  const intervals = times
    .slice(1)
    .map((time, index) => time - (times[index] ?? time))
    .sort((a, b) => a - b);
  const at = (share: number) => intervals[Math.ceil(intervals.length * share) - 1] ?? Number.NaN;
  const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const of = (type: string) =>
    spans.filter((span) => span.type === type).map(({ duration }) => Math.round(duration));
  const tasks = of('longtask');
  const slow = of('long-animation-frame');
  return {
    frames: (intervals.length / ((took / 1_000) * FRAMES_PER_SECOND)) * 100,
    median: at(0.5),
    p99: at(0.99),
    longest: at(1),
    tasks: tasks.length,
    longestTask: Math.max(0, ...tasks),
    longestWork: longestWork(trace),
    slowFrames: slow.length,
    longestFrame: Math.max(0, ...slow),
    busy: (worked / took) * 100,
  };
}

/** Of Chromium's trace: a name, and microseconds of the thread's processor time. */
type Trace = {
  traceEvents: {
    name: string;
    pid: number;
    tid: number;
    tdur?: number;
    args?: { name?: string };
  }[];
};

/** Of the page's main thread, in milliseconds: of all pages there are, for there is one. */
function longestWork({ traceEvents }: Trace): number {
  const main = traceEvents.flatMap(({ name, args, pid, tid }) =>
    name === 'thread_name' && args?.name === 'CrRendererMain' ? `${pid} ${tid}` : [],
  );
  const work = traceEvents.flatMap(({ tdur, pid, tid }) =>
    tdur !== undefined && main.includes(`${pid} ${tid}`) ? tdur / 1_000 : [],
  );
  return work.reduce((most, each) => Math.max(most, each), 0);
}
