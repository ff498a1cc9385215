/** `npm run peers`: ours beside other chats, in bytes, in what it costs a browser and in a busy room. `--folder` keeps what npm installed, `--only costs` or `--only busy` is one part alone. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { version as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/browser/support/page.js';
import { describeMachine } from '../measure.js';
import { saveBusyRoom, saveComparison } from '../results.js';
import { type BuiltPeer, buildPeer, measureBundleSize } from './build.js';
import { measureBusyRooms } from './busy.js';
import { type BrowserCost, measureCost, medianOf } from './costs.js';
import { EXCLUDED_PEERS, PEERS, PLAIN_PEER } from './peers.js';
import type { Comparison } from './table.js';
import { type BrowserTarget, createOwnTarget, createPeerTarget, servePeers } from './targets.js';

const ROUND_COUNT = 5;
/** No new round begins after this many seconds. */
const TIME_BUDGET_SECONDS = 300;
const WIDGET_FOLDER = fileURLToPath(new URL('../../packages/widget/dist/', import.meta.url));
const LANGUAGE = 'ko';

const printProgress = (sentence: string) => process.stdout.write(`${sentence}\n`);
const { values } = parseArgs({ options: { folder: { type: 'string' }, only: { type: 'string' } } });
const cleanups: (() => unknown)[] = [];
const context = { after: (ending: () => unknown) => void cleanups.push(ending) };

function measureOurSizes(): Pick<Comparison, 'loader' | 'ours' | 'whole'> {
  const { chat, extras, languages } = JSON.parse(readFileSync(join(WIDGET_FOLDER, 'parts.json'), 'utf8'));
  const loader = [join(WIDGET_FOLDER, 'widget.js')];
  const ours = [
    ...loader,
    join(WIDGET_FOLDER, 'widget', chat),
    join(WIDGET_FOLDER, 'widget', languages[LANGUAGE]),
  ];
  const whole = [...ours, join(WIDGET_FOLDER, 'widget', extras)];
  return {
    loader: measureBundleSize(loader),
    ours: measureBundleSize(ours),
    whole: measureBundleSize(whole),
  };
}

async function buildPeers(folder: string, leftOut: string[]): Promise<Map<string, BuiltPeer>> {
  const builds = new Map<string, BuiltPeer>();
  for (const peer of [...PEERS, PLAIN_PEER]) {
    printProgress(`${peer.name}: installing and building`);
    try {
      builds.set(peer.name, await buildPeer(peer, join(folder, peer.entry)));
    } catch (error) {
      printProgress(`  left out: ${error}`);
      leftOut.push(`${peer.name}: could not be installed or built here.`);
    }
  }
  return builds;
}

async function measureCosts(
  browser: Browser,
  subjects: BrowserTarget[],
): Promise<Pick<Comparison, 'chromium' | 'rounds' | 'costs'>> {
  const costs = new Map<string, BrowserCost[]>(subjects.map(({ name }) => [name, []]));
  const began = performance.now();
  let rounds = 0;
  while (rounds < ROUND_COUNT && performance.now() - began < TIME_BUDGET_SECONDS * 1_000) {
    rounds += 1;
    for (const subject of subjects) {
      printProgress(`round ${rounds} of ${ROUND_COUNT}: ${subject.name}`);
      costs.get(subject.name)?.push(await measureCost(browser, subject));
    }
  }
  return {
    chromium: browser.version(),
    rounds,
    costs: [...costs].map(([name, all]) => ({ name, cost: medianOf(all) })),
  };
}

async function runComparison(folder: string): Promise<void> {
  const leftOut = [...EXCLUDED_PEERS];
  const builds = await buildPeers(folder, leftOut);
  const site = await servePeers(context, builds);
  const beside = [...PEERS, PLAIN_PEER].flatMap(({ name, field }) =>
    field !== null && builds.has(name) ? [createPeerTarget(site, name, field)] : [],
  );
  const browser = await launchBrowser(context);
  if (values.only !== 'busy') await compareCosts(browser, { builds, beside, leftOut });
  if (values.only !== 'costs') await compareBusy(browser, beside);
}

async function compareCosts(
  browser: Browser,
  { builds, beside, leftOut }: { builds: Map<string, BuiltPeer>; beside: BrowserTarget[]; leftOut: string[] },
): Promise<void> {
  const peers = PEERS.flatMap(({ name, licence, holds }) => {
    const size = builds.get(name)?.size;
    return size ? [{ name, licence, holds, size }] : [];
  });
  const about = describeEnvironment();
  const measured = await measureCosts(browser, [await createOwnTarget(context), ...beside]);
  printProgress(saveComparison({ ...about, esbuild, ...measured, ...measureOurSizes(), peers, leftOut }));
}

async function compareBusy(browser: Browser, beside: BrowserTarget[]): Promise<void> {
  const about = describeEnvironment();
  const rows = await measureBusyRooms(context, browser, beside, printProgress);
  const [loadAfter = 0] = loadavg();
  printProgress(saveBusyRoom({ ...about, loadAfter, chromium: browser.version(), rows }));
}

function describeEnvironment() {
  const [loadBefore = 0] = loadavg();
  return { date: new Date().toISOString(), machine: describeMachine(), loadBefore };
}

if (values.only !== undefined && !['costs', 'busy'].includes(values.only))
  throw new Error(`--only is costs or busy, not ${values.only}`);
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'chatty-peers-'));
async function runCleanups(): Promise<void> {
  for (const ending of cleanups.splice(0).reverse()) await ending();
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
// The database and the browser would outlive a run that is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void runCleanups().finally(() => process.exit(1)));
try {
  await runComparison(folder);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await runCleanups();
}
