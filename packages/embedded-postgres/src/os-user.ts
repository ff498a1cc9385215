/** Decides as whom the embedded PostgreSQL runs, since it refuses to run as root, and which folders that user can reach. */

import { execFileSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StartError } from './startup-error.js';

export type Identity = { uid: number; gid: number };

/** Null: as whoever runs this process. As root: the owner of an existing database, else `nobody`. */
export function chooseIdentity(pgdata: string): Identity | null {
  if (process.getuid?.() !== 0) return null;
  const owner = look(pgdata);
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody();
}

function nobody(): Identity {
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
export function runAs(identity: Identity | null): { uid?: number; gid?: number } {
  return identity ? { uid: identity.uid | 0, gid: identity.gid | 0 } : {};
}

/** The folder on the way to `folder` that `identity` may not pass through, or null. Folders not made yet do not count. */
export function barrier(folder: string, identity: Identity | null): string | null {
  if (identity === null) return null;
  let existing = folder;
  while (!look(existing)?.isDirectory()) existing = dirname(existing);
  for (let place = realpathSync(existing); ; place = dirname(place)) {
    if (!mayPass(place, identity)) return place;
    if (place === dirname(place)) return null;
  }
}

function mayPass(place: string, { uid, gid }: Identity): boolean {
  const { mode, uid: owner, gid: group } = statSync(place);
  if (owner === uid) return (mode & 0o100) !== 0;
  if (group === gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

function look(path: string) {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** Whether the embedded database can live in this folder as far as the way to it is concerned. */
export function isReachable(folder: string): boolean {
  return barrier(folder, chooseIdentity(join(folder, 'pgdata'))) === null;
}
