/** `npm run bench`: makes the clone ready, as every script here does, then runs the TypeScript of the bench as it is. */

import { register } from 'tsx/esm/api';
import { prepareClone } from '../scripts/bootstrap.mjs';

await prepareClone();
register();
await import('./main.js');
