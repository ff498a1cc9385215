/** The public entry: starting a chat server, for programs that embed one. */

export { listenErrorMessage, startApp } from './app.js';
export { type Environment, EXAMPLE_SECRET, MIN_SECRET_BYTES, readConfig } from './config/config.js';
export { loadEnvironment } from './config/environment.js';
export { createLog } from './runtime/logger.js';
export { waitForShutdownSignal } from './runtime/shutdown.js';
export { exitWithError, StartError } from './runtime/startup-error.js';
