/** `npm run serve`: the chat server alone, for production, with all settings from the environment and `.env`. */

import { startApp } from './app.js';
import { readConfig } from './config/config.js';
import { loadEnvironment } from './config/environment.js';
import { createLog } from './runtime/logger.js';
import { waitForShutdownSignal } from './runtime/shutdown.js';
import { exitWithError, StartError } from './runtime/startup-error.js';

async function main(): Promise<void> {
  const loadedEnvironment = loadEnvironment(process.cwd(), process.env);
  const configResult = readConfig(loadedEnvironment.environment);
  if (!configResult.ok)
    throw new StartError(`The settings are not complete:\n  ${configResult.errors.join('\n  ')}`);
  const { config, warnings } = configResult;
  const log = createLog(config.logLevel);
  for (const warning of [...loadedEnvironment.warnings, ...warnings]) log.warn(warning);
  const shutdownSignal = waitForShutdownSignal();
  const app = await startApp({ config, log, progress: (sentence) => log.info(sentence) });
  log.info({ port: app.port }, `chatty listens on port ${app.port}`);
  shutdownSignal.then(async (signal) => {
    log.info({ signal }, 'stopping');
    await app.close();
    process.exit(0);
  });
}

main().catch(exitWithError);
