/** Promise: nothing acknowledged is lost, doubled, reordered or skipped, however the database breaks. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { after, it, type TestContext } from 'node:test';
import { databaseFaults } from './faults-list.js';
import { startCluster } from './faults-rig.js';
import { tellTest } from './faults-story.js';

const cluster = await startCluster(after);
const faults = databaseFaults(cluster);

const stories = [
  { promise: 'fast and immediate restarts of the database', story: faults.restart, seconds: 12 },
  { promise: 'kill -9 of the database', story: faults.kill, seconds: 10 },
  { promise: 'its connections ended in the middle of a COMMIT', story: faults.terminate, seconds: 8 },
  { promise: 'its tables locked for seconds', story: faults.lock, seconds: 10 },
];

for (const { promise, story, seconds } of stories) {
  it(`${promise}: nothing is lost, doubled, reordered or skipped`, { timeout: 170_000 }, async (context) => {
    await tellTest(context, story, { database: await cluster.database(), seconds });
  });
}

it('a full disk: nothing is lost, and all goes on when there is room again', {
  timeout: 170_000,
}, async (context) => {
  const folder = smallDisk(context);
  if (folder === null) return;
  const small = await startCluster((end) => context.after(end), folder);
  await tellTest(context, databaseFaults(small).diskFull, { database: await small.database(), seconds: 6 });
});

/** A disk of its own in memory; null, and said so, where this user may not mount one. */
function smallDisk(context: TestContext): string | null {
  const folder = mkdtempSync(joinPath(tmpdir(), 'chatty-disk-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=260m', 'tmpfs', folder], { encoding: 'utf8' });
  if (mount.status !== 0) {
    rmSync(folder, { recursive: true });
    context.diagnostic(`NOT RUN: no disk can be mounted here (${mount.stderr?.trim() || mount.error})`);
    return null;
  }
  process.once('exit', () => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  chmodSync(folder, 0o755);
  return folder;
}
