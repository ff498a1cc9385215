/** The public entry: starting a PostgreSQL server in a folder. */

export { makeDataFolder } from './cluster.js';
export { startEmbeddedPostgres } from './embedded-postgres.js';
export { isReachable } from './os-user.js';
export { loadOrCreateSecret } from './secret-file.js';
export { StartError } from './startup-error.js';
