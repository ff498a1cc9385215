/** Parts for tests, benchmarks and measurements. Not a stable interface. */

export { createDemoSite } from './host.js';
export { kimpga } from './kimpga.js';
export { othershop } from './othershop.js';
export { createPlayground } from './playground.js';
