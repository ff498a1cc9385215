/** The public entry: starting a chat server, for programs that embed one. */

export { startApp } from './app.js';
export { type Environment, EXAMPLE_SECRET, MIN_SECRET_BYTES, readConfig } from './config/config.js';
export { loadEnvironment } from './config/environment.js';
export { listenErrorMessage } from './http/listen-error.js';
export { createLog } from './runtime/logger.js';
export { waitForShutdownSignal } from './runtime/shutdown.js';
export { exitWithError, StartError } from './runtime/startup-error.js';
