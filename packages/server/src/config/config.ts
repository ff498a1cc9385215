/** Every setting there is, in one table: its name, its default, what it may be. docs/operate/configuration.md is held to it by a test. */

import { PROJECT_ID_PATTERN } from '@chatty/protocol';
import { type LogLevel, logLevels } from '../runtime/logger.js';
import type { DatabaseConfig } from '../store/postgres/postgres-store.js';
import { type LimitConfig, limitSettings, PROJECT_BURST_SECONDS, readLimits } from './limit-settings.js';
import { readSettingValues } from './setting-values.js';

export type Environment = Record<string, string | undefined>;

export type Config = {
  production: boolean;
  host: string;
  /** 0 takes any free port. */
  port: number;
  jwtSecret: string;
  /** What the secrets in the database are sealed under; null: no project can have one of its own. */
  secretEncryptionKey: string | null;
  /** Opens the administration under /api/v1; null: there is none. */
  adminKey: string | null;
  /** Whether projects exist that have no record, as whoever signs for them with the shared secret names them. */
  allowUnregisteredProjects: boolean;
  /** Origins whose pages may show projects without a record; null: any. */
  allowedOrigins: string[] | null;
  /** Longest life a token may promise in hours; null: any. */
  tokenMaxHours: number | null;
  /** Set: that server. Null: the embedded database in `dataFolder`. */
  database: DatabaseConfig | null;
  databaseWaitSeconds: number;
  /** Projects whose talk may be read without a token; `*` stands for all. */
  guestProjects: string[];
  dataFolder: string;
  sendBurst: number;
  sendPerSecond: number;
  limits: LimitConfig;
  logLevel: LogLevel;
};

export type ConfigResult =
  | { ok: true; config: Config; warnings: string[] }
  /** One sentence for each wrong setting, beginning with its name. */
  | { ok: false; errors: string[] };

export type Setting = { name: string; fallback: string; about: string };

/** The secret of `.env.example`: anybody can read it, so production refuses it. */
export const EXAMPLE_SECRET = 'replace-me-with-32-or-more-random-bytes';
/** Shortest secret in bytes (RFC 7518 section 3.2: HS256 needs a key of at least its hash's size). */
export const MIN_SECRET_BYTES = 32;

export const environmentSettings = [
  { name: 'POSTGRES_USER', fallback: 'postgres', about: 'User on the database server. Only with `DB_HOST`.' },
  { name: 'POSTGRES_PASSWORD', fallback: '', about: 'Password of that user. Only with `DB_HOST`.' },
  {
    name: 'POSTGRES_DB',
    fallback: 'chatty',
    about: 'Name of the database, which must exist. Only with `DB_HOST`.',
  },
  {
    name: 'DB_HOST',
    fallback: '',
    about: 'Host of the PostgreSQL server, or the folder of its Unix socket. Unset: the embedded database.',
  },
  { name: 'DB_PORT', fallback: '5432', about: 'Port of the database server, 1-65535.' },
  {
    name: 'JWT_SECRET',
    fallback: '',
    about: 'Secret shared with the hosts. Required. In production at least 32 bytes and not the example’s.',
  },
  {
    name: 'SECRETS_KEY',
    fallback: '',
    about:
      'Key that the projects’ own secrets are sealed under in the database, at least 32 bytes. Unset: no project can have one.',
  },
  {
    name: 'ADMIN_KEY',
    fallback: '',
    about: 'Key of the administration under `/api/v1`, at least 32 bytes. Unset: there is none.',
  },
  {
    name: 'UNLISTED_PROJECTS',
    fallback: 'allow',
    about:
      'Whether any project that `JWT_SECRET` signs for exists (`allow`), or only those with a record (`refuse`).',
  },
  {
    name: 'ALLOWED_ORIGINS',
    fallback: '',
    about:
      'Origins whose pages may show projects without a record, with commas between, as `https://kimpga.com`. Unset: any.',
  },
  { name: 'PORT', fallback: '3000', about: 'Port of the chat server, 0-65535; 0 takes any free one.' },
  { name: 'HOST', fallback: '0.0.0.0', about: 'Address the chat server listens on.' },
  { name: 'CHATTY_DATA_DIR', fallback: 'data', about: 'Folder of the embedded database.' },
  {
    name: 'NODE_ENV',
    fallback: 'development',
    about: '`production` makes `exp` required in tokens and weak secrets a fault.',
  },
  {
    name: 'TOKEN_MAX_HOURS',
    fallback: '24 in production',
    about: 'Longest life in hours a token may promise, 1-8760; outside production any.',
  },
  {
    name: 'DB_WAIT_SECONDS',
    fallback: '60',
    about: 'How long a start waits for the database server, 1-3600 s.',
  },
  { name: 'SEND_BURST', fallback: '300', about: 'Messages a member may send at once, 1-1000000.' },
  {
    name: 'SEND_PER_SECOND',
    fallback: '5',
    about: 'Messages a second a member may send on and on, 1-1000000.',
  },
  {
    name: 'GUEST_PROJECTS',
    fallback: '',
    about:
      'Projects that visitors without a token may read, with commas between, or `*` for all. Unset: none.',
  },
  { name: 'LOG_LEVEL', fallback: 'info', about: 'One of `trace debug info warn error fatal silent`.' },
  ...Object.values(limitSettings),
] as const satisfies Setting[];

type SettingName = (typeof environmentSettings)[number]['name'];

export const SETTING_NAMES: readonly string[] = environmentSettings.map(({ name }) => name);
/** What is commonly said in `NODE_ENV`; others may be meant for production. */
const KNOWN_NODE_ENVS: readonly string[] = ['production', 'development', 'test'];

/** Reads all settings and reports all faults at once. An empty value counts as unset, as in compose files. */
export function readConfig(environment: Environment): ConfigResult {
  const { values, errors, warnings } = readSettingValues(SETTING_NAMES, environment);
  const textOf = (name: SettingName) => values[name] ?? defaultOf(name);
  const addError = (name: SettingName, problem: string) => errors.push(`${name} ${problem}`);
  const readInteger = (name: SettingName, min: number, max: number, value = textOf(name)) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    addError(name, `must be a whole number from ${min} to ${max}, not "${value}".`);
    return min;
  };

  const production = textOf('NODE_ENV') === 'production';
  if (!production && /^prod(?:uction)?$/i.test(textOf('NODE_ENV')))
    addError('NODE_ENV', `must be production, all of it and in lower case, not "${textOf('NODE_ENV')}".`);
  else if (!KNOWN_NODE_ENVS.includes(textOf('NODE_ENV')))
    warnings.push(`NODE_ENV is "${textOf('NODE_ENV')}", which is not production: tokens need no exp.`);
  const logLevel = logLevels.find((level) => level === textOf('LOG_LEVEL'));
  if (!logLevel)
    addError('LOG_LEVEL', `must be one of ${logLevels.join(' ')}, not "${textOf('LOG_LEVEL')}".`);
  const secretCheck = checkSecret(textOf('JWT_SECRET'), production);
  if (secretCheck.error) addError('JWT_SECRET', secretCheck.error);
  for (const name of ['SECRETS_KEY', 'ADMIN_KEY'] as const) {
    const length = Buffer.byteLength(textOf(name));
    if (length > 0 && length < MIN_SECRET_BYTES)
      addError(
        name,
        `has ${length} bytes, fewer than ${MIN_SECRET_BYTES}: make one with "openssl rand -hex 32".`,
      );
    if (length > 0 && textOf(name) === textOf('JWT_SECRET'))
      addError(name, 'must not be the JWT_SECRET, which the hosts know.');
  }
  if (/[^\x20-\x7e]/.test(textOf('ADMIN_KEY')))
    addError(
      'ADMIN_KEY',
      'holds a character that no HTTP header can carry: make one with "openssl rand -hex 32".',
    );
  const unregistered = textOf('UNLISTED_PROJECTS');
  if (unregistered !== 'allow' && unregistered !== 'refuse')
    addError('UNLISTED_PROJECTS', `must be allow or refuse, not "${unregistered}".`);
  const allowedOrigins = textOf('ALLOWED_ORIGINS') === '' ? null : splitList(textOf('ALLOWED_ORIGINS'));
  for (const origin of allowedOrigins ?? [])
    if (!isOrigin(origin) && origin !== 'null')
      addError(
        'ALLOWED_ORIGINS',
        `must be origins as https://kimpga.com with commas between; "${origin}" is none${suggestOrigin(origin)}.`,
      );
  const guestProjects = textOf('GUEST_PROJECTS') === '' ? [] : splitList(textOf('GUEST_PROJECTS'));
  for (const id of guestProjects)
    if (id !== '*' && !PROJECT_ID_PATTERN.test(id))
      addError('GUEST_PROJECTS', `must be project ids with commas between, or *; "${id}" is none.`);
  const maxHours = values.TOKEN_MAX_HOURS ?? (production ? '24' : '');
  const limits = readLimits(({ name, min, max }) => readInteger(name, min, max));
  const sendBurst = readInteger('SEND_BURST', 1, 1_000_000);
  const sendPerSecond = readInteger('SEND_PER_SECOND', 1, 1_000_000);
  // Whoever lets one member send more has not meant to stop all of them together before.
  if (values.PROJECT_PER_SECOND === undefined)
    limits.projectPerSecond = Math.max(
      limits.projectPerSecond,
      sendPerSecond,
      sendBurst / PROJECT_BURST_SECONDS,
    );
  const config: Config = {
    production,
    host: textOf('HOST'),
    port: readInteger('PORT', 0, 65_535),
    jwtSecret: textOf('JWT_SECRET'),
    secretEncryptionKey: textOf('SECRETS_KEY') || null,
    adminKey: textOf('ADMIN_KEY') || null,
    allowUnregisteredProjects: unregistered === 'allow',
    allowedOrigins: allowedOrigins,
    tokenMaxHours: maxHours ? readInteger('TOKEN_MAX_HOURS', 1, 8_760, maxHours) : null,
    database: null,
    databaseWaitSeconds: readInteger('DB_WAIT_SECONDS', 1, 3_600),
    guestProjects,
    dataFolder: textOf('CHATTY_DATA_DIR'),
    sendBurst,
    sendPerSecond,
    limits,
    logLevel: logLevel ?? 'info',
  };
  const dbPort = readInteger('DB_PORT', 1, 65_535);
  if (values.DB_HOST !== undefined) {
    config.database = {
      host: textOf('DB_HOST'),
      port: dbPort,
      user: textOf('POSTGRES_USER'),
      password: textOf('POSTGRES_PASSWORD'),
      database: textOf('POSTGRES_DB'),
    };
  }
  if (errors.length > 0) return { ok: false, errors };
  if (secretCheck.warning) warnings.push(`JWT_SECRET ${secretCheck.warning}`);
  return { ok: true, config, warnings };
}

function checkSecret(secret: string, production: boolean): { error?: string; warning?: string } {
  if (secret === '') return { error: 'is missing: set the secret that the hosts sign their tokens with.' };
  const weakness =
    secret === EXAMPLE_SECRET
      ? 'is the one of .env.example, which everybody knows.'
      : Buffer.byteLength(secret) < MIN_SECRET_BYTES
        ? `has ${Buffer.byteLength(secret)} bytes, fewer than ${MIN_SECRET_BYTES}: make one with "openssl rand -hex 32".`
        : null;
  if (weakness === null) return {};
  return production ? { error: weakness } : { warning: `${weakness} Production refuses it.` };
}

function splitList(value: string): string[] {
  return value.split(',').map((item) => item.trim());
}

/** For `https://kimpga.com/` and the like the origin that was probably meant, as it stands in a fault. */
function suggestOrigin(value: string): string {
  const origin = URL.canParse(value) ? new URL(value).origin : 'null';
  return isOrigin(origin) ? `: did you mean "${origin}"?` : '';
}

/** Whether it is an origin as browsers write them: lower case, no path, no port that goes without saying. */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}

function defaultOf(name: SettingName): string {
  return environmentSettings.find((setting) => setting.name === name)?.fallback ?? '';
}
