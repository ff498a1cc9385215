/**
 * `npm run heap -- --seconds 180 --joins 300`: members nobody has seen before come and go, each from another address, and
 * the heap after garbage collection is printed at every 10,000 joins, at the end the largest Maps and Sets and what has grown most.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepare, say } from '../../scripts/bootstrap.mjs';
import { createEnds } from '../faults/support/endings.js';
import { startCluster, startServer } from '../faults/support/rig.js';
import { RawSocket } from '../support/raw/websocket.js';
import { tokenOf, until } from '../support/server.js';
import { largestCollections, largestGrowth } from './heap-snapshot.js';

const EVERY_JOINS = 10_000;
/** Until then code is compiled and caches fill. */
const FIRST_SNAPSHOT_JOINS = 20_000;
const STAY_MS = 500;
const TICK_MS = 20;
/** One in so many writes a message, is a guest, shows a forged token, or ends without the closing handshake. */
const [ONE_WRITES, ONE_IS_GUEST, ONE_IS_REFUSED, ONE_IS_RESET] = [20, 10, 20, 3];
/** Most connections at once: a server that is slower than asked gets no more. */
const CONNECTIONS = 2_000;
const LARGEST = 12;
const KB = 1_024;
const MB = KB * KB;

await prepare();
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    joins: { type: 'string', default: '300' },
  },
});
const [seconds, perSecond] = [Number(values.seconds), Number(values.joins)];
const [ends, own] = [createEnds(), createEnds()];
const cluster = await startCluster(ends.after);
const server = await startServer(own.context, await cluster.database(), undefined, {
  TRUSTED_PROXY_HOPS: '1',
  GUEST_PROJECTS: 'kimpga',
  SEND_BURST: '300',
  SEND_PER_SECOND: '5',
});

let joins = 0;
let open = 0;

function authOf(number: number): object {
  if (number % ONE_IS_GUEST === 1) return { projectId: 'kimpga' };
  const name = `member${number}`;
  const token = tokenOf(name, { userId: name });
  return { token: number % ONE_IS_REFUSED === 2 ? `${token.slice(0, -4)}AAAA` : token, batch: true };
}

async function visit(number: number): Promise<void> {
  open += 1;
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const socket = new RawSocket(server.url, { headers: [`X-Forwarded-For: ${address}`], keep: false });
  try {
    if (!(await socket.when((each) => each.open))) return;
    socket.say(`40${JSON.stringify(authOf(number))}`);
    await pause(STAY_MS / 2);
    if (number % ONE_WRITES === 3) socket.say(`420${JSON.stringify(['chat message', `line ${number}`])}`);
    await pause(STAY_MS / 2);
    if (number % ONE_IS_RESET !== 0) {
      socket.say('1');
      await socket.when(({ closed }) => closed, STAY_MS);
    }
  } finally {
    socket.reset();
    open -= 1;
  }
}

/** @returns heap after garbage collection in MB, when everybody has gone */
async function measure(): Promise<number> {
  await until(() => open === 0, 'everybody to go', 30_000);
  // What ends in a later turn of the event loop is collected by the second.
  await server.measure({ collect: true });
  await pause(STAY_MS);
  const found = await server.measure({ collect: true });
  if (!found) throw new Error(`the server does not answer: ${server.fault()}`);
  return found.heapBytes / MB;
}

const begun = performance.now();
const heaps: number[] = [];

/** Lets that many come, as fast as asked, while there is time. */
async function come(count: number): Promise<void> {
  const first = joins;
  const from = performance.now();
  while (joins - first < count && performance.now() - begun < seconds * 1_000) {
    const due = Math.min(count, ((performance.now() - from) / 1_000) * perSecond);
    while (joins - first < due && open < CONNECTIONS) void visit(joins++);
    await pause(TICK_MS);
  }
}

async function report(): Promise<void> {
  const mb = await measure();
  const change = mb - (heaps.at(-1) ?? mb);
  heaps.push(mb);
  const time = ((performance.now() - begun) / 1_000).toFixed(0);
  say(`${time} s: ${joins} joins, heap after GC ${mb.toFixed(2)} MB (${change.toFixed(2)})`);
}

const folder = mkdtempSync(joinPath(tmpdir(), 'chatty-heap-'));
ends.after(() => rmSync(folder, { recursive: true, force: true }));
const [first, last] = [joinPath(folder, 'first.heapsnapshot'), joinPath(folder, 'last.heapsnapshot')];

async function writeSnapshot(file: string): Promise<void> {
  if ((await server.measure({ snapshot: file })) === null) throw new Error('no snapshot came in time');
}

const inKb = (bytes: number) => `${(bytes / KB).toFixed(0).padStart(6)} KB`;

async function reportCollections(): Promise<void> {
  await writeSnapshot(last);
  say('Largest Maps and Sets:');
  for (const { path, bytes } of largestCollections(last, LARGEST)) say(`  ${inKb(bytes)} ${path}`);
  if (!existsSync(first)) return;
  say(`Grown most since ${FIRST_SNAPSHOT_JOINS} joins:`);
  for (const { kind, count, bytes } of largestGrowth(first, last, LARGEST))
    say(`  ${inKb(bytes)} ${count} of ${kind}`);
}

try {
  while (performance.now() - begun < seconds * 1_000) {
    await come(EVERY_JOINS);
    await report();
    if (joins === FIRST_SNAPSHOT_JOINS) await writeSnapshot(first);
  }
  await reportCollections();
} finally {
  await own.run();
  await ends.run();
}
process.exit(0);
