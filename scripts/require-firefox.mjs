/** The Firefox of the browser tests. */

import { requireProgram } from './program.mjs';

export const requireFirefox = () =>
  requireProgram({
    title: 'Firefox',
    names: ['firefox-esr', 'firefox'],
    applications: () => ['/Applications/Firefox.app/Contents/MacOS/firefox'],
    variable: 'FIREFOX_PATH',
    packages: ['firefox-esr'],
    lacking:
      'The widget was not tested in Firefox: install it (on Debian "apt-get install firefox-esr") or set FIREFOX_PATH.',
  });
