/** Parts for tests, benchmarks and measurements. Not a stable interface. */

export type { ChatOptions } from './chat.js';
export { createMonotonicTime } from './clock.js';
export { transitions } from './connection-states.js';
export { createSocketIoFactory, type SocketIoClient } from './socketio-client.js';
export { PAGE_SIZE } from './timeline.js';
