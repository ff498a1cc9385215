/** The Chromium of the browser tests, with the fonts that they need. */

import { requireProgram } from './program.mjs';

export const requireChromium = () =>
  requireProgram({
    title: 'Chromium',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    applications: () => [
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    variable: 'CHROMIUM_PATH',
    packages: ['chromium', 'fonts-nanum', 'fonts-wqy-microhei', 'fonts-noto-color-emoji'],
    lacking:
      'The browser tests need Chromium: install it (on Debian "apt-get install chromium fonts-nanum") or set CHROMIUM_PATH.',
  });
