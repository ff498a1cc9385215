/** Finds a Firefox for its browser test, or installs Debian's where that is possible. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './prepare.mjs';

const NAMES = ['firefox-esr', 'firefox'];
const APPLICATIONS = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/** The path of a Firefox, or null. FIREFOX_PATH wins. */
function findFirefox() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    process.env.FIREFOX_PATH,
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...APPLICATIONS,
  ];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

/** The path of a Firefox; throws a sentence that says what to install where there is none. */
export async function requireFirefox() {
  const found = findFirefox();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Installing Firefox for its browser test (a minute or two).');
    await run('/usr/bin/apt-get', ['update', '-qq'], 'still reading package lists');
    await run(
      '/usr/bin/apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'firefox-esr'],
      'still installing Firefox',
    );
  }
  const installed = findFirefox();
  if (installed) return installed;
  throw new Error(
    'The widget was not tested in Firefox: install it (on Debian "apt-get install firefox-esr") or set FIREFOX_PATH.',
  );
}
