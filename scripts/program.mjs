/** Finds a program that the tests need, or installs Debian's where that is possible. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { printProgress, runCommand } from './bootstrap.mjs';

/**
 * @typedef {{
 *   title: string,
 *   names: string[],
 *   applications: () => string[],
 *   variable: string,
 *   packages: string[],
 *   lacking: string,
 * }} Kind `names` in the folders of PATH, `applications` as whole paths, asked for anew after an installation; `variable` of
 *   the environment wins. `packages` are Debian's; `lacking` says what to do where nothing helps.
 */

/** @param {Kind} kind */
function findProgram({ names, applications, variable }) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    process.env[variable],
    ...folders.flatMap((folder) => names.map((name) => join(folder, name))),
    ...applications(),
  ];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

/**
 * The path of such a program; throws a sentence that says what to install where there is none.
 * @param {Kind} kind
 */
export async function requireProgram(kind) {
  const found = findProgram(kind);
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    printProgress(`Installing ${kind.title} for the tests (a minute or two).`);
    await runCommand('/usr/bin/apt-get', ['update', '-qq'], 'still reading package lists');
    await runCommand(
      '/usr/bin/apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...kind.packages],
      `still installing ${kind.title}`,
    );
  }
  const installed = findProgram(kind);
  if (installed) return installed;
  throw new Error(kind.lacking);
}
