/** `npm start`: from a fresh clone to a chat on two sites. */

import { prepare } from './bootstrap.mjs';

await prepare();
await import('../demo/dist/main.js');
