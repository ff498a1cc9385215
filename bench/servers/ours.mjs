/** The chat server as it ships, with the bench at its side: settings from the environment, as `npm run serve` reads them. */

import { createLog, readConfig, startApp } from '@chatty/server';
import { obey, report } from './control.mjs';

const read = readConfig(process.env);
if (!read.ok) throw new Error(read.errors.join('\n'));
const { config } = read;
const app = await startApp({ config, log: createLog(config.logLevel), progress: () => undefined });
obey(app.close);
report(app.port);
