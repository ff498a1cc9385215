/** `npm run peers`: ours beside other chats, in bytes, in what it costs a browser and in a busy room. `--folder` keeps what npm installed, `--only costs` or `--only busy` is one part alone. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { version as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../test/browser/support/page.js';
import { machine } from '../measure.js';
import { keepBusyRoom, keepComparison } from '../results.js';
import { type Built, buildPeer, sizeOf } from './build.js';
import { measureBusy } from './busy.js';
import { type Cost, costOf, medianOf } from './costs.js';
import { LEFT_OUT, PEERS, PLAIN } from './peers.js';
import type { Comparison } from './table.js';
import { ourSubject, peerSubject, type Subject, servePeers } from './targets.js';

const ROUNDS = 5;
/** No new round begins after this many seconds. */
const BUDGET = 300;
const WIDGET = fileURLToPath(new URL('../../packages/widget/dist/', import.meta.url));
const LANGUAGE = 'ko';

const say = (sentence: string) => process.stdout.write(`${sentence}\n`);
const { values } = parseArgs({ options: { folder: { type: 'string' }, only: { type: 'string' } } });
const endings: (() => unknown)[] = [];
const context = { after: (ending: () => unknown) => void endings.push(ending) };

function ourSizes(): Pick<Comparison, 'loader' | 'ours' | 'whole'> {
  const { chat, extras, languages } = JSON.parse(readFileSync(join(WIDGET, 'parts.json'), 'utf8'));
  const loader = [join(WIDGET, 'widget.js')];
  const ours = [...loader, join(WIDGET, 'widget', chat), join(WIDGET, 'widget', languages[LANGUAGE])];
  const whole = [...ours, join(WIDGET, 'widget', extras)];
  return { loader: sizeOf(loader), ours: sizeOf(ours), whole: sizeOf(whole) };
}

async function buildAll(folder: string, leftOut: string[]): Promise<Map<string, Built>> {
  const builds = new Map<string, Built>();
  for (const peer of [...PEERS, PLAIN]) {
    say(`${peer.name}: installing and building`);
    try {
      builds.set(peer.name, await buildPeer(peer, join(folder, peer.entry)));
    } catch (error) {
      say(`  left out: ${error}`);
      leftOut.push(`${peer.name}: could not be installed or built here.`);
    }
  }
  return builds;
}

async function measure(
  browser: Browser,
  subjects: Subject[],
): Promise<Pick<Comparison, 'chromium' | 'rounds' | 'costs'>> {
  const costs = new Map<string, Cost[]>(subjects.map(({ name }) => [name, []]));
  const began = performance.now();
  let rounds = 0;
  while (rounds < ROUNDS && performance.now() - began < BUDGET * 1_000) {
    rounds += 1;
    for (const subject of subjects) {
      say(`round ${rounds} of ${ROUNDS}: ${subject.name}`);
      costs.get(subject.name)?.push(await costOf(browser, subject));
    }
  }
  return {
    chromium: browser.version(),
    rounds,
    costs: [...costs].map(([name, all]) => ({ name, cost: medianOf(all) })),
  };
}

async function compare(folder: string): Promise<void> {
  const leftOut = [...LEFT_OUT];
  const builds = await buildAll(folder, leftOut);
  const site = await servePeers(context, builds);
  const beside = [...PEERS, PLAIN].flatMap(({ name, field }) =>
    field !== null && builds.has(name) ? [peerSubject(site, name, field)] : [],
  );
  const browser = await launchBrowser(context);
  if (values.only !== 'busy') await compareCosts(browser, { builds, beside, leftOut });
  if (values.only !== 'costs') await compareBusy(browser, beside);
}

async function compareCosts(
  browser: Browser,
  { builds, beside, leftOut }: { builds: Map<string, Built>; beside: Subject[]; leftOut: string[] },
): Promise<void> {
  const peers = PEERS.flatMap(({ name, licence, holds }) => {
    const size = builds.get(name)?.size;
    return size ? [{ name, licence, holds, size }] : [];
  });
  const about = aboutNow();
  const measured = await measure(browser, [await ourSubject(context), ...beside]);
  say(keepComparison({ ...about, esbuild, ...measured, ...ourSizes(), peers, leftOut }));
}

async function compareBusy(browser: Browser, beside: Subject[]): Promise<void> {
  const about = aboutNow();
  const rows = await measureBusy(context, browser, beside, say);
  const [loadAfter = 0] = loadavg();
  say(keepBusyRoom({ ...about, loadAfter, chromium: browser.version(), rows }));
}

function aboutNow() {
  const [loadBefore = 0] = loadavg();
  return { date: new Date().toISOString(), machine: machine(), loadBefore };
}

if (values.only !== undefined && !['costs', 'busy'].includes(values.only))
  throw new Error(`--only is costs or busy, not ${values.only}`);
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'chatty-peers-'));
async function end(): Promise<void> {
  for (const ending of endings.splice(0).reverse()) await ending();
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
// The database and the browser would outlive a run that is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)));
try {
  await compare(folder);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await end();
}
