/** Decides which packets a connection may send at all, below the events: what nobody needs ends it. */

import { type Engine, hangUp } from './outlet.js';

/** Namespaces somebody may ask for in vain on one connection; there is only the main one. */
const WRONG_NAMESPACES = 3;

/** Closes a connection that speaks what nobody needs: binary packets, and namespaces that are not there. */
export function guard(
  engine: Engine & {
    on(name: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  },
): void {
  let wrong = 0;
  engine.on('packet', ({ type, data }) => {
    if (type !== 'message') return;
    // Socket.IO protocol 5: 0 is CONNECT, followed by a namespace where it is not the main one; 5 and 6 are binary.
    if (typeof data !== 'string' || data.startsWith('5') || data.startsWith('6')) hangUp(engine);
    else if (data.startsWith('0/') && ++wrong > WRONG_NAMESPACES) hangUp(engine);
  });
}
