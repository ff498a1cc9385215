/** Decides as whom the embedded PostgreSQL runs, since it refuses to run as root, and which folders that user can reach. */

import { execFileSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from './startup-error.js';

export type OsUser = { uid: number; gid: number };

/** Null: as whoever runs this process. As root: the owner of an existing database, else `nobody`. */
export function chooseOsUser(pgdata: string): OsUser | null {
  if (process.getuid?.() !== 0) return null;
  const owner = statOrNull(pgdata);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobodyUser();
}

function nobodyUser(): OsUser {
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch (error) {
    const sentence =
      'The embedded PostgreSQL cannot run as root and this machine has no user "nobody": start as another user, or set DB_HOST.';
    throw new StartError(sentence, { cause: error });
  }
}

/** Options of `spawn` for this identity. Node wants signed numbers there, and macOS's nobody is -2. */
export function spawnUserOptions(osUser: OsUser | null): { uid?: number; gid?: number } {
  return osUser ? { uid: osUser.uid | 0, gid: osUser.gid | 0 } : {};
}

/** The folder on the way to `folder` that `identity` may not pass through, or null. Folders not made yet do not count. */
export function firstInaccessibleFolder(folder: string, osUser: OsUser | null): string | null {
  if (osUser === null) return null;
  let existing = folder;
  while (!statOrNull(existing)?.isDirectory()) existing = dirname(existing);
  for (let ancestor = realpathSync(existing); ; ancestor = dirname(ancestor)) {
    if (!canTraverse(ancestor, osUser)) return ancestor;
    if (ancestor === dirname(ancestor)) return null;
  }
}

function canTraverse(ancestor: string, { uid, gid }: OsUser): boolean {
  const { mode, uid: owner, gid: group } = statSync(ancestor);
  if (owner === uid) return (mode & 0o100) !== 0;
  if (group === gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

function statOrNull(path: string) {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Whether the embedded database can live in this folder as far as the way to it is concerned. */
export function isReachable(folder: string): boolean {
  return firstInaccessibleFolder(folder, chooseOsUser(join(folder, 'pgdata'))) === null;
}
