/** `npm run project -- COMMAND`: makes projects and their keys on a running server, through its administration. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironment } from '../packages/server/dist/config/environment.js';
import { printProgress, REPOSITORY_ROOT } from './bootstrap.mjs';

const HELP_TEXT = `npm run project -- COMMAND

  list                                    every project
  show ID                                 one project: its settings, origins, and secrets by name and times
  create ID [--name NAME] [--origin ORIGIN]...
  origins ID ORIGIN...                    the pages that may show it, as https://kimpga.com; all of them
  set ID NAME=VALUE...                    settings (docs/operate/projects.md), VALUE as JSON; null: back to the default
  words ID FILE                           the words that may not be written, one a line; one behind "!" is allowed
  words ID FILE --try                     which of the last 1,000 messages that list would have caught
  secret ID [--expires MOMENT]            makes an HS256 secret and shows it this once
  secret ID --algorithm RS256|ES256|EdDSA --public-key FILE
  secret ID --algorithm JWKS --public-key URL
  expire ID KID MOMENT|never              when a secret ends
  revoke ID KID                           ends a secret now; its connections are closed
  cutoff ID [--user ID] [--before MOMENT] tokens issued before are worth nothing; default: all, now
  cutoff ID [--user ID] --remove          takes such a cut-off away: those tokens are good again
  key ID [--name NAME]                    makes a key with which the host administers this project, and shows it this once
  keys ID                                 its keys by name and times
  revoke-key ID KEY                       ends a key now, by its id
  lift-all ID KEY                         ends every mute, ban and kick that this key has set

The server is CHATTY_URL, else the one on this machine at PORT. The key is ADMIN_KEY, from the environment, from .env,
or from the file admin-key of the data folder.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
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
  },
});
const [command, id = '', ...rest] = positionals;
const settings = readSettings();
const server = settings.CHATTY_URL || `http://127.0.0.1:${settings.PORT || 3000}`;
const projectPath = `/projects/${encodeURIComponent(id)}`;

/** @type {Record<string, () => Promise<unknown>>} */
const commands = {
  list: formatList,
  show: () => callApi('GET', projectPath),
  create: () => callApi('POST', '/projects', { id, name: values.name, origins: values.origin }),
  origins: () => callApi('PATCH', projectPath, { origins: rest }),
  set: () => callApi('PATCH', projectPath, { settings: Object.fromEntries(rest.map(parseSetting)) }),
  words: () => {
    const words = readWords(requireArgument(rest[0], 'a file'));
    return values.try
      ? callApi('POST', `${projectPath}/filter/dry-run`, { words })
      : callApi('PATCH', projectPath, { settings: { words } });
  },
  secret: () =>
    callApi('POST', `${projectPath}/secrets`, {
      algorithm: values.algorithm,
      publicKey: readPublicKey(values['public-key']),
      expiresAt: values.expires,
    }),
  expire: () =>
    callApi('PATCH', secretPath(), {
      expiresAt: rest[1] === 'never' ? null : requireArgument(rest[1], 'a moment'),
    }),
  revoke: () => callApi('DELETE', secretPath()),
  cutoff: () =>
    values.remove
      ? callApi('DELETE', `${projectPath}/cutoffs?${new URLSearchParams({ userId: values.user ?? '' })}`)
      : callApi('POST', `${projectPath}/cutoffs`, { userId: values.user, before: values.before }),
  key: () => callApi('POST', `${projectPath}/keys`, { name: values.name }),
  keys: () => callApi('GET', `${projectPath}/keys`),
  'revoke-key': () => callApi('DELETE', keyPath()),
  'lift-all': () => callApi('DELETE', `${keyPath()}/sanctions`),
};

const runCommand = Object.hasOwn(commands, command ?? '') ? commands[command ?? ''] : undefined;
if (values.help || !runCommand) {
  printProgress(HELP_TEXT);
  process.exit(values.help ? 0 : 1);
}
try {
  if (command !== 'list') requireArgument(id, 'the id of a project');
  printProgress(JSON.stringify(await runCommand(), null, 2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function readSettings() {
  try {
    return loadEnvironment(REPOSITORY_ROOT, process.env).environment;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  }
}

function adminKey() {
  if (settings.ADMIN_KEY) return settings.ADMIN_KEY;
  const file = join(REPOSITORY_ROOT, settings.CHATTY_DATA_DIR || 'data', 'admin-key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new Error(
    'ADMIN_KEY is not set: give the server and this command the same one, 32 random bytes or more.',
  );
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function callApi(method, path, body) {
  const response = await fetch(`${server}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminKey()}`, ...(body && { 'content-type': 'application/json' }) },
    body: body ? JSON.stringify(body) : null,
    signal: AbortSignal.timeout(15_000),
  }).catch(() => {
    throw new Error(`No server answers at ${server}: start it, or set CHATTY_URL.`);
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 404 && answer.message === 'There is nothing here.')
    throw new Error(`The server at ${server} has no administration: start it with ADMIN_KEY.`);
  if (!response.ok) throw new Error(answer.message ?? `The server answered ${response.status}.`);
  return answer;
}

/** Every project, page by page. */
async function formatList() {
  const projects = [];
  for (let after = ''; after !== null; ) {
    const page = await callApi('GET', `/projects?after=${encodeURIComponent(after)}`);
    projects.push(...page.projects);
    after = page.next;
  }
  return { projects };
}

/** @param {string} pair */
function parseSetting(pair) {
  const [name = '', ...value] = pair.split('=');
  try {
    return [name, JSON.parse(value.join('='))];
  } catch {
    throw new Error(`"${pair}" is not NAME=VALUE with a value as JSON, as guests=true.`);
  }
}

/** @param {string} file */
function readWords(file) {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const words = lines.map((line) => line.trim()).filter((line) => line !== '');
  return words.map((word) => (word.startsWith('!') ? { word: word.slice(1).trim(), allowed: true } : word));
}

/** @param {string | undefined} given a file, or the address of a JWKS */
function readPublicKey(given) {
  if (given === undefined || given.startsWith('https:')) return given;
  if (!existsSync(given)) throw new Error(`There is no file ${given}.`);
  return readFileSync(given, 'utf8');
}

function keyPath() {
  return `${projectPath}/keys/${encodeURIComponent(requireArgument(rest[0], 'the id of a key'))}`;
}

function secretPath() {
  return `${projectPath}/secrets/${encodeURIComponent(requireArgument(rest[0], 'the kid of a secret'))}`;
}

/**
 * @param {string | undefined} value
 * @param {string} what
 */
function requireArgument(value, what) {
  if (!value) throw new Error(`This command needs ${what}; --help shows how.`);
  return value;
}
