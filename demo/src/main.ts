/** `npm start`: runs the database, the chat server, both demo sites and the playground in one process, and prints how to use them. */

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isReachable, loadOrCreateSecret, makeDataFolder } from '@chatty/embedded-postgres';
import {
  createLog,
  type Environment,
  exitWithError,
  listenErrorMessage,
  loadEnvironment,
  readConfig,
  StartError,
  startApp,
  waitForShutdownSignal,
} from '@chatty/server';
import { demoPasswords } from './accounts.js';
import { createDemoSite, type DemoSite } from './host.js';
import { kimpga } from './kimpga.js';
import { othershop } from './othershop.js';
import { createPlayground, PLAYGROUND_PROJECT } from './playground.js';
import { readPort } from './ports.js';
import type { SiteDefinition } from './site.js';

/** Where a root's database goes when PostgreSQL's user cannot pass through the folder of the project. */
const FALLBACK_DATA_FOLDER = '/var/lib/chatty';

type Config = Extract<ReturnType<typeof readConfig>, { ok: true }>['config'];

const printLine = (sentence: string) => process.stdout.write(`${sentence}\n`);

async function main(): Promise<void> {
  const stopping = waitForShutdownSignal();
  const { environment, warnings: environmentWarnings } = loadEnvironment(process.cwd(), process.env);
  const { config, warnings } = readDemoConfig(environment);
  for (const warning of [...environmentWarnings, ...warnings]) printLine(warning);
  printLine('Starting Chatty …');
  const closeActions: (() => Promise<void>)[] = [];
  const closeAll = async () => {
    for (let close = closeActions.pop(); close; close = closeActions.pop()) await close();
  };
  try {
    await startAll(environment, config, (close) => closeActions.push(close));
  } catch (error) {
    await closeAll();
    throw error;
  }
  await stopping;
  printLine('\nStopping …');
  await closeAll();
  process.exit(0);
}

/** The server's settings, with the demo's own where the environment leaves them out. */
function readDemoConfig(environment: Environment): { config: Config; warnings: string[] } {
  const dataFolder = environment.CHATTY_DATA_DIR || defaultDataFolder();
  const result = readConfig({
    ...environment,
    CHATTY_DATA_DIR: dataFolder,
    JWT_SECRET: environment.JWT_SECRET || loadOrCreateDemoSecret(dataFolder, 'jwt-secret'),
    SECRETS_ENCRYPTION_KEY:
      environment.SECRETS_ENCRYPTION_KEY || loadOrCreateDemoSecret(dataFolder, 'secrets-key'),
    ADMIN_KEY: environment.ADMIN_KEY || loadOrCreateDemoSecret(dataFolder, 'admin-key'),
    // The demo's passwords are public, so it listens on this machine alone unless it is told otherwise.
    HOST: environment.HOST || '127.0.0.1',
    LOG_LEVEL: environment.LOG_LEVEL || 'warn',
    // The playground shows the chat of guests too.
    GUEST_PROJECTS: environment.GUEST_PROJECTS || PLAYGROUND_PROJECT,
  });
  if (!result.ok) throw new StartError(`The settings are not complete:\n  ${result.errors.join('\n  ')}`);
  return result;
}

/** @param onStarted gets what closes each server that was started, also when a later one fails */
async function startAll(
  environment: Environment,
  config: Config,
  onStarted: (close: () => Promise<void>) => void,
): Promise<void> {
  const ports = {
    kimpga: readPort(environment, 'KIMPGA_PORT', 4001),
    othershop: readPort(environment, 'OTHERSHOP_PORT', 4002),
    playground: readPort(environment, 'PLAYGROUND_PORT', 4003),
  };
  const app = await startApp({
    config,
    log: createLog(config.logLevel),
    progress: (sentence) => printLine(`  ${sentence}`),
  });
  onStarted(app.close);
  const chattyUrl = environment.CHATTY_URL || `http://localhost:${app.port}`;
  const common = { host: config.host, chattyUrl, jwtSecret: config.jwtSecret };
  const open = async (site: DemoSite, port: number, setting: string) => {
    onStarted(site.close);
    const opened = await site.listen().catch((error: unknown) => {
      throw new StartError(listenErrorMessage(error, { host: config.host, port }, setting), {
        cause: error,
      });
    });
    return opened.port;
  };
  const openSite = (site: SiteDefinition, port: number, setting: string) =>
    open(createDemoSite({ site, port, ...common }), port, setting);
  const innerUrl = `http://${reachableUrl(config.host)}:${app.port}`;
  const playground = createPlayground({ ...common, port: ports.playground, innerUrl });
  printWelcome({
    chattyUrl,
    kimpga: await openSite(kimpga, ports.kimpga, 'KIMPGA_PORT'),
    othershop: await openSite(othershop, ports.othershop, 'OTHERSHOP_PORT'),
    playground: await open(playground, ports.playground, 'PLAYGROUND_PORT'),
    store: config.database ? 'the PostgreSQL of DB_HOST' : resolve(config.dataFolder),
  });
}

/** The address at which this process finds what listens on `host`. */
function reachableUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function printWelcome(at: {
  chattyUrl: string;
  kimpga: number;
  othershop: number;
  playground: number;
  store: string;
}): void {
  const people = (site: SiteDefinition) =>
    site.accounts.map(({ id }) => `${id} / ${demoPasswords[id]}`).join('   ');
  printLine(`
Chatty is running.

  Kimpga       http://localhost:${at.kimpga}     log in as  ${people(kimpga)}
  Othershop    http://localhost:${at.othershop}     log in as  ${people(othershop)}
  Playground   http://localhost:${at.playground}     every setting of the chat, to try live
  Chat server  ${at.chattyUrl}     messages are kept in ${at.store}

Try this: log in to Kimpga as minsu, and in a private window as jiyoung. Write in one, read in the other.
Othershop is another project on the same server: it sees nothing of it. Ctrl-C stops everything.
`);
}

function defaultDataFolder(): string {
  const folder = resolve('data');
  if (isReachable(folder)) return folder;
  const root = realpathSync('.');
  return join(
    FALLBACK_DATA_FOLDER,
    `${basename(root)}-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`,
  );
}

function loadOrCreateDemoSecret(folder: string, name: string): string {
  makeDataFolder(folder);
  return loadOrCreateSecret(join(folder, name));
}

main().catch(exitWithError);
