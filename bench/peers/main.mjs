/** `npm run peers`: makes the clone ready, finds a Chromium, then runs the TypeScript of the comparison as it is. */

import { register } from 'tsx/esm/api';
import { prepare } from '../../scripts/bootstrap.mjs';
import { requireChromium } from '../../scripts/chromium.mjs';

await prepare();
process.env.CHROMIUM_PATH = await requireChromium();
register();
await import('./compare.js');
