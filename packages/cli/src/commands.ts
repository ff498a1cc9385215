/** The table of commands: which request each one sends to the administration API. */

import type { ApiAnswer, ApiClient } from './api-client.js';
import { parseSetting, readPublicKey, readToken, readWords } from './parameters.js';

export const OPTIONS = {
  name: { type: 'string' },
  origin: { type: 'string', multiple: true },
  expires: { type: 'string' },
  algorithm: { type: 'string' },
  'public-key': { type: 'string' },
  user: { type: 'string' },
  before: { type: 'string' },
  remove: { type: 'boolean', default: false },
  try: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Options = {
  name?: string | undefined;
  origin?: string[] | undefined;
  expires?: string | undefined;
  algorithm?: string | undefined;
  'public-key'?: string | undefined;
  user?: string | undefined;
  before?: string | undefined;
  remove: boolean;
  try: boolean;
};

/** `parameters`: what follows the name of the command. The first is the id of a project, except for `project list`. */
type CommandInput = { client: ApiClient; parameters: string[]; options: Options };

export type Command = {
  /** What each required parameter is, for the error when it is missing. */
  parameters: readonly string[];
  usage: readonly string[];
  description: string;
  run(input: CommandInput): Promise<unknown>;
};

const PROJECT = 'the id of a project';
const KEY = 'the id of a key';
const FILE = 'a file';

const projectCommands: Record<string, Command> = {
  list: {
    parameters: [],
    usage: [''],
    description: 'lists all projects',
    run: ({ client }) => listProjects(client),
  },
  show: {
    parameters: [PROJECT],
    usage: ['ID'],
    description: 'shows settings, origins and secrets, without the secrets themselves',
    run: ({ client, parameters }) => client.call('GET', projectPath(parameters)),
  },
  create: {
    parameters: [PROJECT],
    usage: ['ID [--name NAME] [--origin ORIGIN]...'],
    description: 'creates a project',
    run: ({ client, parameters, options }) =>
      client.call('POST', '/projects', { id: parameters[0], name: options.name, origins: options.origin }),
  },
  origins: {
    parameters: [PROJECT],
    usage: ['ID ORIGIN...'],
    description: 'replaces the list of pages that may connect, as https://kimpga.com',
    run: ({ client, parameters }) =>
      client.call('PATCH', projectPath(parameters), { origins: parameters.slice(1) }),
  },
  set: {
    parameters: [PROJECT],
    usage: ['ID NAME=VALUE...'],
    description: 'changes settings. VALUE is JSON; null restores the default',
    run: ({ client, parameters }) =>
      client.call('PATCH', projectPath(parameters), {
        settings: Object.fromEntries(parameters.slice(1).map(parseSetting)),
      }),
  },
  secret: {
    parameters: [PROJECT],
    usage: [
      'ID [--expires MOMENT]',
      'ID --algorithm RS256|ES256|EdDSA --public-key FILE',
      'ID --algorithm JWKS --public-key URL',
    ],
    description: 'creates an HS256 secret and shows it once, or adds a public key',
    run: ({ client, parameters, options }) =>
      client.call('POST', `${projectPath(parameters)}/secrets`, {
        algorithm: options.algorithm,
        publicKey: readPublicKey(options['public-key']),
        expiresAt: options.expires,
      }),
  },
  expire: {
    parameters: [PROJECT, 'the kid of a secret', 'a moment or "never"'],
    usage: ['ID KID MOMENT|never'],
    description: 'sets when a secret expires',
    run: ({ client, parameters }) =>
      client.call('PATCH', secretPath(parameters), {
        expiresAt: parameters[2] === 'never' ? null : parameters[2],
      }),
  },
  revoke: {
    parameters: [PROJECT, 'the kid of a secret'],
    usage: ['ID KID'],
    description: 'revokes a secret now and closes its connections',
    run: ({ client, parameters }) => client.call('DELETE', secretPath(parameters)),
  },
  cutoff: {
    parameters: [PROJECT],
    usage: ['ID [--user ID] [--before MOMENT]', 'ID [--user ID] --remove'],
    description:
      'refuses tokens issued before a moment (default: now, all users); --remove accepts them again',
    run: ({ client, parameters, options }) => {
      const path = `${projectPath(parameters)}/cutoffs`;
      return options.remove
        ? client.call('DELETE', `${path}?${new URLSearchParams({ userId: options.user ?? '' })}`)
        : client.call('POST', path, { userId: options.user, before: options.before });
    },
  },
};

const keyCommands: Record<string, Command> = {
  list: {
    parameters: [PROJECT],
    usage: ['ID'],
    description: 'lists the administration keys of a project, with their last use',
    run: ({ client, parameters }) => client.call('GET', `${projectPath(parameters)}/keys`),
  },
  create: {
    parameters: [PROJECT],
    usage: ['ID [--name NAME]'],
    description: 'creates a key with which the host administers this project, and shows it once',
    run: ({ client, parameters, options }) =>
      client.call('POST', `${projectPath(parameters)}/keys`, { name: options.name }),
  },
  revoke: {
    parameters: [PROJECT, KEY],
    usage: ['ID KEY'],
    description: 'revokes a key now',
    run: ({ client, parameters }) => client.call('DELETE', keyPath(parameters)),
  },
  'lift-sanctions': {
    parameters: [PROJECT, KEY],
    usage: ['ID KEY'],
    description: 'lifts every mute, ban and kick that this key has set',
    run: ({ client, parameters }) => client.call('DELETE', `${keyPath(parameters)}/sanctions`),
  },
};

const wordCommands: Record<string, Command> = {
  set: {
    parameters: [PROJECT, FILE],
    usage: ['ID FILE'],
    description: 'replaces the list of forbidden words: one per line; "!" before a word allows it',
    run: ({ client, parameters }) =>
      client.call('PATCH', projectPath(parameters), { settings: { words: readWords(parameters[1] ?? '') } }),
  },
  try: {
    parameters: [PROJECT, FILE],
    usage: ['ID FILE'],
    description: 'shows which of the last 1,000 messages the list would have caught',
    run: ({ client, parameters }) =>
      client.call('POST', `${projectPath(parameters)}/filter/dry-run`, {
        words: readWords(parameters[1] ?? ''),
      }),
  },
};

const doctorCommands: Record<string, Command> = {
  token: {
    parameters: [PROJECT, 'a token, or "-" to read it from standard input'],
    usage: ['ID TOKEN|- [--origin ORIGIN]'],
    description: 'says whether a token would be accepted, and if not, why',
    run: ({ client, parameters, options }) =>
      client.call('POST', `${projectPath(parameters)}/doctor`, {
        token: readToken(parameters[1] ?? ''),
        origin: options.origin?.[0],
      }),
  },
  refusals: {
    parameters: [PROJECT],
    usage: ['ID'],
    description: 'lists recent refusals with their reasons',
    run: ({ client, parameters }) => client.call('GET', `${projectPath(parameters)}/refusals`),
  },
};

export const COMMANDS: Record<string, Record<string, Command>> = {
  project: projectCommands,
  keys: keyCommands,
  words: wordCommands,
  doctor: doctorCommands,
};

/** Names under which `npm run project` offers commands of the other groups. */
const PROJECT_ALIASES: Record<string, Command | undefined> = {
  key: keyCommands.create,
  keys: keyCommands.list,
  'revoke-key': keyCommands.revoke,
  'lift-all': keyCommands['lift-sanctions'],
  words: wordCommands.set && {
    ...wordCommands.set,
    run: async (input) => (input.options.try ? wordCommands.try : wordCommands.set)?.run(input),
  },
};

/** @param positionals group, name and parameters of a command */
export function findCommand(
  positionals: readonly string[],
): { command: Command; parameters: string[] } | undefined {
  const [group = '', name = '', ...parameters] = positionals;
  const commands: Record<string, Command | undefined> | undefined = ownValue(COMMANDS, group);
  const command = commands && (ownValue(commands, name) ?? projectAlias(group, name));
  return command && { command, parameters };
}

function projectAlias(group: string, name: string): Command | undefined {
  return group === 'project' ? ownValue(PROJECT_ALIASES, name) : undefined;
}

function ownValue<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

async function listProjects(client: ApiClient): Promise<{ projects: unknown[] }> {
  const projects: unknown[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: ApiAnswer = await client.call('GET', `/projects?after=${encodeURIComponent(after)}`);
    projects.push(...(page.projects as unknown[]));
    after = page.next as string | null;
  }
  return { projects };
}

function projectPath([project = '']: readonly string[]): string {
  return `/projects/${encodeURIComponent(project)}`;
}

function secretPath(parameters: readonly string[]): string {
  return `${projectPath(parameters)}/secrets/${encodeURIComponent(parameters[1] ?? '')}`;
}

function keyPath(parameters: readonly string[]): string {
  return `${projectPath(parameters)}/keys/${encodeURIComponent(parameters[1] ?? '')}`;
}
