/** `npm run gallery`: makes the clone ready, finds a Chromium, and takes the pictures. */

import { register } from 'tsx/esm/api';
import { requireChromium } from '../../../scripts/chromium.mjs';
import { prepare } from '../../../scripts/prepare.mjs';

await prepare();
process.env.CHROMIUM_PATH = await requireChromium();
register();
await import('./main.js');
