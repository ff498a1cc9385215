/** Makes a copy of the built server and client with one bug in it, inside the checkout so that packages are found. */

import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED_PACKAGES = ['protocol', 'client', 'server'];

/** `file` is relative to `packages`, as built; `from` must be found there exactly once. */
export type CodePatch = { file: string; from: string; to: string };

export type PatchedCopy = {
  /** The server's program, from the root of the checkout. */
  entry: string;
  /** The client's module. */
  client: string;
  remove(): void;
};

/** @throws when the code a patch changes is not there as it was: the bug has to be planted anew */
export function createPatchedCopy(name: string, patches: readonly CodePatch[]): PatchedCopy {
  const place = `.build/planted-${name}-${process.pid}`;
  const folder = joinPath(REPOSITORY_ROOT, place);
  const built = joinPath(REPOSITORY_ROOT, 'packages');
  rmSync(folder, { recursive: true, force: true });
  for (const part of COPIED_PACKAGES) {
    const to = joinPath(folder, 'packages', part);
    mkdirSync(to, { recursive: true });
    cpSync(joinPath(built, part, 'dist'), joinPath(to, 'dist'), { recursive: true });
    // Sources are not copied, so nobody may be sent to them.
    const manifest = JSON.parse(readFileSync(joinPath(built, part, 'package.json'), 'utf8'));
    for (const target of Object.values<{ source?: string }>(manifest.exports)) delete target.source;
    writeFileSync(joinPath(to, 'package.json'), JSON.stringify(manifest));
    // The copies must find each other before the packages they are copies of.
    const link = joinPath(folder, 'node_modules/@chatty', part);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(to, link);
  }
  // The server reads the widget's files from the folder next to its own.
  cpSync(joinPath(built, 'widget/dist'), joinPath(folder, 'packages/widget/dist'), { recursive: true });
  for (const { file, from, to } of patches) {
    const path = joinPath(folder, 'packages', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2)
      throw new Error(`${name}: ${file} has ${parts.length - 1} times what the bug replaces:\n${from}`);
    writeFileSync(path, parts.join(to));
  }
  return {
    entry: `${place}/packages/server/dist/main.js`,
    client: joinPath(folder, 'packages/client/dist/index.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
