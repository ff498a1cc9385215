/** What a measured server tells the bench about itself: its port once it listens, its memory after a collection when asked. */

/** @param {number} port */
export function report(port) {
  process.send?.({ port });
}

/** @param {() => Promise<void>} close lets everything go; then the process ends by itself, so that a CPU profile is written */
export function obey(close) {
  process.on('message', (request) => {
    if (request === 'memory') {
      globalThis.gc?.();
      globalThis.gc?.();
      process.send?.({ memory: process.memoryUsage() });
    }
    if (request === 'stop') void close().finally(() => process.exit(0));
  });
  process.on('disconnect', () => process.exit(1));
}
