/** The two host sites alone, beside a chat server that runs elsewhere: how the compose file runs them. */

import { listenFault } from '@chatty/server/app';
import { EXAMPLE_SECRET, SECRET_BYTES } from '@chatty/server/config';
import { exitWith, StartError } from '@chatty/server/start-error';
import { onStop } from '@chatty/server/stop';
import { createHost } from './host.js';
import { kimpga } from './kimpga.js';
import { othershop } from './othershop.js';
import { readPort } from './ports.js';

async function main(): Promise<void> {
  const stopping = onStop();
  // An empty value counts as unset, as in compose files.
  const jwtSecret = process.env.JWT_SECRET || '';
  const chattyUrl = process.env.CHATTY_URL || 'http://localhost:3000';
  const host = process.env.HOST || '0.0.0.0';
  if (Buffer.byteLength(jwtSecret) < SECRET_BYTES || jwtSecret === EXAMPLE_SECRET) {
    throw new StartError(
      `JWT_SECRET must be the chat server's, of at least ${SECRET_BYTES} bytes and not the example's.`,
    );
  }
  if (!/^https?:\/\/[^/\s;,]+$/.test(chattyUrl))
    throw new StartError(`CHATTY_URL must be an origin such as http://localhost:3000, not "${chattyUrl}".`);
  const sites = [
    { site: kimpga, port: readPort(process.env, 'KIMPGA_PORT', 4001), setting: 'KIMPGA_PORT' },
    { site: othershop, port: readPort(process.env, 'OTHERSHOP_PORT', 4002), setting: 'OTHERSHOP_PORT' },
  ];
  const hosts = sites.map(({ site, port }) => createHost({ site, host, port, chattyUrl, jwtSecret }));
  for (const [index, each] of hosts.entries()) {
    const { port = 0, setting = '' } = sites[index] ?? {};
    const opened = await each.listen().catch((error: unknown) => {
      throw new StartError(listenFault(error, { host, port }, setting), { cause: error });
    });
    process.stdout.write(`${sites[index]?.site.id} listens on port ${opened.port}\n`);
  }
  await stopping;
  await Promise.all(hosts.map((each) => each.close()));
  process.exit(0);
}

main().catch(exitWith);
