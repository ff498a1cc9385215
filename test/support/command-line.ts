/** Runs the command line client within the process of the test, against a test server. */

import { runCommandLine } from '@chatty/cli';
import { ADMIN_KEY } from './projects.js';
import { createTemporaryFolder } from './server.js';

/** @returns the exit status, and what was written to both outputs */
export async function runChattyCommand(
  server: { url: string },
  args: readonly string[],
): Promise<{ status: number; text: string }> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const status = await runCommandLine({
    args,
    environment: { CHATTY_URL: server.url, ADMIN_KEY },
    folder: createTemporaryFolder(),
    stdout: write,
    stderr: write,
  });
  return { status, text };
}
