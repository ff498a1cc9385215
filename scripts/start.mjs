/** `npm start`: from a fresh clone to a chat on two sites. */

import { prepareClone } from './bootstrap.mjs';

await prepareClone();
await import('../demo/dist/main.js');
