/** `npm run gallery`: makes the clone ready, finds a Chromium, and takes the pictures. */

import { register } from 'tsx/esm/api';
import { prepareClone } from '../../../scripts/bootstrap.mjs';
import { requireChromium } from '../../../scripts/require-chromium.mjs';

await prepareClone();
process.env.CHROMIUM_PATH = await requireChromium();
register();
await import('./main.js');
