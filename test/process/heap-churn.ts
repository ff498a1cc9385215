/**
 * `npm run heap -- --seconds 180 --joins 300`: members nobody has seen before come and go, each from another address, and
 * the heap after garbage collection is printed at every 10,000 joins, at the end the largest Maps and Sets and what has grown most.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { prepareClone, printProgress } from '../../scripts/bootstrap.mjs';
import { createCleanupStack } from '../faults/support/endings.js';
import { startCluster, startServerProcess } from '../faults/support/rig.js';
import { RawSocket } from '../support/raw/websocket.js';
import { createTestToken, waitUntil } from '../support/server.js';
import { largestCollections, largestGrowth } from './heap-snapshot.js';

const REPORT_EVERY_JOINS = 10_000;
/** Until then code is compiled and caches fill. */
const FIRST_SNAPSHOT_JOINS = 20_000;
const STAY_DURATION_MS = 500;
const TICK_INTERVAL_MS = 20;
/** One in so many writes a message, is a guest, shows a forged token, or ends without the closing handshake. */
const [ONE_WRITES, ONE_IS_GUEST, ONE_IS_REFUSED, ONE_IS_RESET] = [20, 10, 20, 3];
/** Most connections at once: a server that is slower than asked gets no more. */
const MAX_OPEN_CONNECTIONS = 2_000;
const LARGEST_COUNT = 12;
const BYTES_PER_KB = 1_024;
const BYTES_PER_MB = BYTES_PER_KB * BYTES_PER_KB;

await prepareClone();
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    joins: { type: 'string', default: '300' },
  },
});
const [seconds, perSecond] = [Number(values.seconds), Number(values.joins)];
const [cleanupStack, ownCleanup] = [createCleanupStack(), createCleanupStack()];
const cluster = await startCluster(cleanupStack.after);
const server = await startServerProcess(ownCleanup.context, await cluster.createDatabase(), undefined, {
  TRUSTED_PROXY_HOPS: '1',
  GUEST_PROJECTS: 'kimpga',
  SEND_BURST: '300',
  SEND_PER_SECOND: '5',
});

let joinCount = 0;
let openConnectionCount = 0;

function authOf(number: number): object {
  if (number % ONE_IS_GUEST === 1) return { projectId: 'kimpga' };
  const name = `member${number}`;
  const token = createTestToken(name, { userId: name });
  return { token: number % ONE_IS_REFUSED === 2 ? `${token.slice(0, -4)}AAAA` : token, batch: true };
}

async function joinAndLeave(number: number): Promise<void> {
  openConnectionCount += 1;
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const socket = new RawSocket(server.url, { headers: [`X-Forwarded-For: ${address}`], keepTcpOpen: false });
  try {
    if (!(await socket.waitFor((each) => each.open))) return;
    socket.sendText(`40${JSON.stringify(authOf(number))}`);
    await pause(STAY_DURATION_MS / 2);
    if (number % ONE_WRITES === 3)
      socket.sendText(`420${JSON.stringify(['chat message', `line ${number}`])}`);
    await pause(STAY_DURATION_MS / 2);
    if (number % ONE_IS_RESET !== 0) {
      socket.sendText('1');
      await socket.waitFor(({ closed }) => closed, STAY_DURATION_MS);
    }
  } finally {
    socket.resetConnection();
    openConnectionCount -= 1;
  }
}

/** @returns heap after garbage collection in MB, when everybody has gone */
async function measure(): Promise<number> {
  await waitUntil(() => openConnectionCount === 0, 'everybody to go', 30_000);
  // What ends in a later turn of the event loop is collected by the second.
  await server.measure({ collect: true });
  await pause(STAY_DURATION_MS);
  const found = await server.measure({ collect: true });
  if (!found) throw new Error(`the server does not answer: ${server.failureReason()}`);
  return found.heapBytes / BYTES_PER_MB;
}

const startedAt = performance.now();
const heapSamples: number[] = [];

/** Lets that many come, as fast as asked, while there is time. */
async function joinMany(count: number): Promise<void> {
  const first = joinCount;
  const from = performance.now();
  while (joinCount - first < count && performance.now() - startedAt < seconds * 1_000) {
    const due = Math.min(count, ((performance.now() - from) / 1_000) * perSecond);
    while (joinCount - first < due && openConnectionCount < MAX_OPEN_CONNECTIONS)
      void joinAndLeave(joinCount++);
    await pause(TICK_INTERVAL_MS);
  }
}

async function reportHeap(): Promise<void> {
  const mb = await measure();
  const change = mb - (heapSamples.at(-1) ?? mb);
  heapSamples.push(mb);
  const time = ((performance.now() - startedAt) / 1_000).toFixed(0);
  printProgress(`${time} s: ${joinCount} joins, heap after GC ${mb.toFixed(2)} MB (${change.toFixed(2)})`);
}

const folder = mkdtempSync(joinPath(tmpdir(), 'chatty-heap-'));
cleanupStack.after(() => rmSync(folder, { recursive: true, force: true }));
const [first, last] = [joinPath(folder, 'first.heapsnapshot'), joinPath(folder, 'last.heapsnapshot')];

async function writeSnapshot(file: string): Promise<void> {
  if ((await server.measure({ snapshot: file })) === null) throw new Error('no snapshot came in time');
}

const formatKb = (bytes: number) => `${(bytes / BYTES_PER_KB).toFixed(0).padStart(6)} KB`;

async function reportCollections(): Promise<void> {
  await writeSnapshot(last);
  printProgress('Largest Maps and Sets:');
  for (const { path, bytes } of largestCollections(last, LARGEST_COUNT))
    printProgress(`  ${formatKb(bytes)} ${path}`);
  if (!existsSync(first)) return;
  printProgress(`Grown most since ${FIRST_SNAPSHOT_JOINS} joins:`);
  for (const { kind, count, bytes } of largestGrowth(first, last, LARGEST_COUNT))
    printProgress(`  ${formatKb(bytes)} ${count} of ${kind}`);
}

try {
  while (performance.now() - startedAt < seconds * 1_000) {
    await joinMany(REPORT_EVERY_JOINS);
    await reportHeap();
    if (joinCount === FIRST_SNAPSHOT_JOINS) await writeSnapshot(first);
  }
  await reportCollections();
} finally {
  await ownCleanup.runAll();
  await cleanupStack.runAll();
}
process.exit(0);
