/** Decides how long who has said farewell is waited for. */

import { type ServerOptions, WebSocketServer } from 'ws';

/** How long TCP may stay open after the farewell, and its member be taken for somebody in the room, in milliseconds; `ws`: 30 s. */
const CLOSE_TIMEOUT_MS = 3_000;

/** What takes WebSockets over from HTTP, whoever speaks on them. */
export class ChatWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    // Not among the types of `ws` yet.
    const settings: ServerOptions & { closeTimeout: number } = { ...options, closeTimeout: CLOSE_TIMEOUT_MS };
    super(settings);
  }
}
