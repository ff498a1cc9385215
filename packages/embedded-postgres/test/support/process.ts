/** A Chatty that only runs the embedded database: says on its output whether it came up, closes on SIGTERM. */

import { startEmbedded } from '@chatty/embedded-postgres/index';
import { StartError } from '@chatty/server/runtime/startup-error';

const [folder = '', uid, gid] = process.argv.slice(2);
if (uid && gid && process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(Number(gid));
  process.setuid?.(Number(uid));
}

const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const embedded = await startEmbedded({ folder, log: () => undefined });
  say({ connection: embedded.connection });
  process.once('SIGTERM', () => {
    embedded.close().then(() => process.exit(0));
  });
} catch (error) {
  say(error instanceof StartError ? { refusal: error.message } : { fault: String(error) });
  process.exitCode = 1;
}
