/** Formats the help text from the table of commands. */

import { COMMANDS } from './commands.js';

const USAGE_WIDTH = 42;
const SETTINGS_HELP = `The server is CHATTY_URL, or the one on this machine at PORT. The key is ADMIN_KEY from the environment or from .env,
or the file admin-key in the data folder. A MOMENT is an ISO 8601 time, as 2030-01-31T00:00:00Z.`;

export function formatHelp(): string {
  const groups = Object.entries(COMMANDS).map(([group, commands]) =>
    Object.entries(commands)
      .flatMap(([name, { usage, description }]) =>
        usage.map((form, index) => formatLine(`${group} ${name} ${form}`, index === 0 ? description : '')),
      )
      .join('\n'),
  );
  return `chatty COMMAND\n\n${groups.join('\n\n')}\n\n${SETTINGS_HELP}`;
}

function formatLine(usage: string, description: string): string {
  const line = `  ${usage.trim()}`;
  if (description === '') return line;
  return line.length < USAGE_WIDTH
    ? `${line.padEnd(USAGE_WIDTH)}${description}`
    : `${line}\n${' '.repeat(USAGE_WIDTH)}${description}`;
}
