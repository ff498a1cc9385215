/** `npm run serve`: the chat server alone, for production, with all settings from the environment and `.env`. */

import { startApp } from './app.js';
import { readConfig } from './config/config.js';
import { loadEnvironment } from './config/environment.js';
import { createLog } from './runtime/logger.js';
import { onStop } from './runtime/shutdown.js';
import { exitWith, StartError } from './runtime/startup-error.js';

async function main(): Promise<void> {
  const loaded = loadEnvironment(process.cwd(), process.env);
  const read = readConfig(loaded.environment);
  if (!read.ok) throw new StartError(`The settings are not complete:\n  ${read.faults.join('\n  ')}`);
  const { config, warnings } = read;
  const log = createLog(config.logLevel);
  for (const warning of [...loaded.warnings, ...warnings]) log.warn(warning);
  const stopping = onStop();
  const app = await startApp({ config, log, progress: (sentence) => log.info(sentence) });
  log.info({ port: app.port }, `chatty listens on port ${app.port}`);
  stopping.then(async (signal) => {
    log.info({ signal }, 'stopping');
    await app.close();
    process.exit(0);
  });
}

main().catch(exitWith);
