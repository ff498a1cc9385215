/** `npm run peers`: makes the clone ready, finds a Chromium, then runs the TypeScript of the comparison as it is. */

import { register } from 'tsx/esm/api';
import { requireChromium } from '../../scripts/chromium.mjs';
import { prepare } from '../../scripts/prepare.mjs';

await prepare();
process.env.CHROMIUM_PATH = await requireChromium();
register();
await import('./compare.js');
