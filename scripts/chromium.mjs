/** Finds a Chromium for the browser tests, or installs Debian's where that is possible. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './prepare.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The path of a Chromium, or null. CHROMIUM_PATH wins. */
function findChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [
    process.env.CHROMIUM_PATH,
    ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...APPLICATIONS,
  ];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

/** The path of a Chromium; throws a sentence that says what to install where there is none. */
export async function requireChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Installing Chromium and fonts for the browser tests (a minute or two).');
    await run('/usr/bin/apt-get', ['update', '-qq'], 'still reading package lists');
    const packages = ['chromium', 'fonts-nanum', 'fonts-wqy-microhei', 'fonts-noto-color-emoji'];
    await run(
      '/usr/bin/apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...packages],
      'still installing Chromium',
    );
  }
  const installed = findChromium();
  if (installed) return installed;
  throw new Error(
    'The browser tests need Chromium: install it (on Debian "apt-get install chromium fonts-nanum") or set CHROMIUM_PATH.',
  );
}
