/** Folders for work in progress, renamed into place when done, so that a start killed half way leaves nothing half-made. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a folder of our own inside `folder`; only this user can enter it. */
export function makeTempFolder(folder: string): string {
  return mkdtempSync(join(folder, `scratch-${process.pid}-`));
}

/** Removes what dead starts left. Our own number counts as dead: a restarted container gives it out again. */
export function removeStaleTempFolders(folder: string): void {
  for (const entry of readdirSync(folder)) {
    const [, pid] = /^scratch-(\d+)-/.exec(entry) ?? [];
    if (pid === undefined || (Number(pid) !== process.pid && isProcessAlive(Number(pid)))) continue;
    try {
      rmSync(join(folder, entry), { recursive: true, force: true });
    } catch {
      // Its initdb may outlive a killed start by a moment and still be writing; the next start gets it.
    }
  }
}

/** Whether a process of this number exists, whosever it is. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
