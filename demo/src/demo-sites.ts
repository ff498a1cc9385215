/** Runs the two demo sites and the playground without a chat server, as the compose file does. */

import {
  EXAMPLE_SECRET,
  exitWithError,
  listenErrorMessage,
  MIN_SECRET_BYTES,
  StartError,
  waitForShutdownSignal,
} from '@chatty/server';
import { createDemoSite } from './host.js';
import { kimpga } from './kimpga.js';
import { othershop } from './othershop.js';
import { createPlayground } from './playground.js';
import { readPort } from './ports.js';

async function main(): Promise<void> {
  const stopping = waitForShutdownSignal();
  // An empty value counts as unset, as in compose files.
  const jwtSecret = process.env.JWT_SECRET || '';
  const chattyUrl = process.env.CHATTY_URL || 'http://localhost:3000';
  const host = process.env.HOST || '0.0.0.0';
  if (Buffer.byteLength(jwtSecret) < MIN_SECRET_BYTES || jwtSecret === EXAMPLE_SECRET) {
    throw new StartError(
      `JWT_SECRET must be the chat server's, of at least ${MIN_SECRET_BYTES} bytes and not the example's.`,
    );
  }
  if (!/^https?:\/\/[^/\s;,]+$/.test(chattyUrl))
    throw new StartError(`CHATTY_URL must be an origin such as http://localhost:3000, not "${chattyUrl}".`);
  const common = { host, chattyUrl, jwtSecret };
  const ports = {
    kimpga: readPort(process.env, 'KIMPGA_PORT', 4001),
    othershop: readPort(process.env, 'OTHERSHOP_PORT', 4002),
    playground: readPort(process.env, 'PLAYGROUND_PORT', 4003),
  };
  const innerUrl = process.env.CHATTY_INTERNAL_URL || chattyUrl;
  const hosts = {
    kimpga: createDemoSite({ site: kimpga, port: ports.kimpga, ...common }),
    othershop: createDemoSite({ site: othershop, port: ports.othershop, ...common }),
    playground: createPlayground({ port: ports.playground, innerUrl, ...common }),
  };
  for (const name of Object.keys(hosts) as (keyof typeof hosts)[]) {
    const opened = await hosts[name].listen().catch((error: unknown) => {
      const at = { host, port: ports[name] };
      throw new StartError(listenErrorMessage(error, at, `${name.toUpperCase()}_PORT`), { cause: error });
    });
    process.stdout.write(`${name} listens on port ${opened.port}\n`);
  }
  await stopping;
  await Promise.all(Object.values(hosts).map((each) => each.close()));
  process.exit(0);
}

main().catch(exitWithError);
