/** `npm run peers`: makes the clone ready, finds a Chromium, then runs the TypeScript of the comparison as it is. */

import { register } from 'tsx/esm/api';
import { prepareClone } from '../../scripts/bootstrap.mjs';
import { requireChromium } from '../../scripts/require-chromium.mjs';

await prepareClone();
process.env.CHROMIUM_PATH = await requireChromium();
register();
await import('./compare.js');
