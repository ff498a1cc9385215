/** `npm start`: the database, the chat server, both host sites and the playground, in one process, with everything a visitor has to know. */

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isReachable, loadOrCreateSecret, makeDataFolder } from '@chatty/embedded-postgres';
import {
  createLog,
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

const printLine = (sentence: string) => process.stdout.write(`${sentence}\n`);

async function main(): Promise<void> {
  const stopping = waitForShutdownSignal();
  const { environment, warnings: told } = loadEnvironment(process.cwd(), process.env);
  const dataFolder = environment.CHATTY_DATA_DIR || defaultDataFolder();
  const ports = {
    kimpga: readPort(environment, 'KIMPGA_PORT', 4001),
    othershop: readPort(environment, 'OTHERSHOP_PORT', 4002),
    playground: readPort(environment, 'PLAYGROUND_PORT', 4003),
  };
  const read = readConfig({
    ...environment,
    CHATTY_DATA_DIR: dataFolder,
    JWT_SECRET: environment.JWT_SECRET || loadOrCreateDemoSecret(dataFolder, 'jwt-secret'),
    SECRETS_ENCRYPTION_KEY:
      environment.SECRETS_ENCRYPTION_KEY || loadOrCreateDemoSecret(dataFolder, 'secrets-key'),
    ADMIN_KEY: environment.ADMIN_KEY || loadOrCreateDemoSecret(dataFolder, 'admin-key'),
    // The demo's passwords are known to everybody: it is for this machine unless told otherwise.
    HOST: environment.HOST || '127.0.0.1',
    LOG_LEVEL: environment.LOG_LEVEL || 'warn',
    // Guests are one of the things the playground shows.
    GUEST_PROJECTS: environment.GUEST_PROJECTS || PLAYGROUND_PROJECT,
  });
  if (!read.ok) throw new StartError(`The settings are not complete:\n  ${read.errors.join('\n  ')}`);
  const { config, warnings } = read;
  for (const warning of [...told, ...warnings]) printLine(warning);
  printLine('Starting Chatty …');
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const app = await startApp({
      config,
      log: createLog(config.logLevel),
      progress: (sentence) => printLine(`  ${sentence}`),
    });
    undo.push(app.close);
    const chattyUrl = environment.CHATTY_URL || `http://localhost:${app.port}`;
    const common = { host: config.host, chattyUrl, jwtSecret: config.jwtSecret };
    const open = async (host: DemoSite, port: number, setting: string) => {
      undo.push(host.close);
      return host.listen().catch((error: unknown) => {
        throw new StartError(listenErrorMessage(error, { host: config.host, port }, setting), {
          cause: error,
        });
      });
    };
    const site = (each: SiteDefinition, port: number, setting: string) =>
      open(createDemoSite({ site: each, port, ...common }), port, setting);
    const innerUrl = `http://${reachableUrl(config.host)}:${app.port}`;
    const opened = {
      kimpga: await site(kimpga, ports.kimpga, 'KIMPGA_PORT'),
      othershop: await site(othershop, ports.othershop, 'OTHERSHOP_PORT'),
      playground: await open(
        createPlayground({ ...common, port: ports.playground, innerUrl }),
        ports.playground,
        'PLAYGROUND_PORT',
      ),
    };
    printWelcome({
      chattyUrl,
      kimpga: opened.kimpga.port,
      othershop: opened.othershop.port,
      playground: opened.playground.port,
      store: config.database ? 'the PostgreSQL of DB_HOST' : resolve(config.dataFolder),
    });
  } catch (error) {
    await close();
    throw error;
  }
  await stopping;
  printLine('\nStopping …');
  await close();
  process.exit(0);
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
