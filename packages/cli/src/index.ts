/** The public entry: runs one command line and reports its exit status. */

import { parseArgs } from 'node:util';
import type { Environment } from '@chatty/server';
import { createApiClient } from './api-client.js';
import { type Command, findCommand, OPTIONS } from './commands.js';
import { formatHelp } from './help.js';

/**
 * @param options.folder with `.env` and the data folder of the server
 * @returns 0, or 1 if the command is unknown or failed
 */
export async function runCommandLine(options: {
  args: readonly string[];
  environment: Environment;
  folder: string;
  stdout: (text: string) => void;
  stderr: (text: string) => void;
}): Promise<0 | 1> {
  try {
    const { values, positionals } = parseArgs({
      args: [...options.args],
      allowPositionals: true,
      options: OPTIONS,
    });
    const found = findCommand(positionals);
    if (values.help || !found) {
      options.stdout(`${formatHelp()}\n`);
      return values.help ? 0 : 1;
    }
    requireParameters(found);
    const client = createApiClient(options);
    const result = await found.command.run({ client, parameters: found.parameters, options: values });
    options.stdout(`${JSON.stringify(result, null, 2)}\n`);
    return 0;
  } catch (error) {
    options.stderr(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

function requireParameters({ command, parameters }: { command: Command; parameters: string[] }): void {
  const missing = command.parameters.find((_, index) => !parameters[index]);
  if (missing) throw new Error(`This command needs ${missing}. Run it with --help to see how.`);
}
