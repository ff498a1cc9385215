/** A Chatty that only runs the embedded database: says on its output whether it came up, closes on SIGTERM. */

import { StartError } from '@chatty/server';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.js';

const [dataFolder = '', uid, gid] = process.argv.slice(2);
if (uid && gid && process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}

const sendAnswer = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const embedded = await startEmbeddedPostgres({ folder: dataFolder, log: () => undefined });
  sendAnswer({ connection: embedded.connection });
  process.once('SIGTERM', () => {
    embedded.close().then(() => process.exit(0));
  });
} catch (error) {
  sendAnswer(error instanceof StartError ? { refusal: error.message } : { fault: String(error) });
  process.exitCode = 1;
}
