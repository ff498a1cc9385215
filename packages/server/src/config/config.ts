/** All environment settings: names, defaults and validation. A test compares docs/operate/configuration.md with it. */

import { PROJECT_ID_PATTERN } from '@chatty/protocol';
import { type LogLevel, logLevels } from '../runtime/logger.js';
import type { DatabaseConfig } from '../store/database-config.js';
import { type LimitConfig, limitSettings, PROJECT_BURST_SECONDS, readLimits } from './limit-settings.js';
import { renamedSettingErrors } from './setting-names.js';
import { readSettingValues } from './setting-values.js';

export type Environment = Record<string, string | undefined>;

export type Config = {
  production: boolean;
  host: string;
  /** 0 takes any free port. */
  port: number;
  jwtSecret: string;
  /** Encrypts project secrets in the database; null: projects cannot have their own secrets. */
  secretEncryptionKey: string | null;
  /** Key for the HTTP API under /api/v1; null: the API is off. */
  adminKey: string | null;
  /** Whether any project id in a token signed with JWT_SECRET works, or only registered projects. */
  allowUnregisteredProjects: boolean;
  /** Origins allowed for unregistered projects; null: any. */
  allowedOrigins: string[] | null;
  /** Maximum token lifetime in hours; null: no maximum. */
  tokenMaxHours: number | null;
  /** Null: the embedded database in `dataFolder`. */
  database: DatabaseConfig | null;
  databaseWaitSeconds: number;
  /** Projects that guests may read; `*`: all. */
  guestProjects: string[];
  dataFolder: string;
  sendBurst: number;
  sendPerSecond: number;
  limits: LimitConfig;
  logLevel: LogLevel;
};

export type ConfigResult =
  | { ok: true; config: Config; warnings: string[] }
  /** One sentence for each invalid setting, starting with its name. */
  | { ok: false; errors: string[] };

export type Setting = { name: string; fallback: string; about: string };

/** The secret in `.env.example` is public, so production refuses it. */
export const EXAMPLE_SECRET = 'replace-me-with-32-or-more-random-bytes';
/** RFC 7518 section 3.2: an HS256 key is at least as long as the hash. */
export const MIN_SECRET_BYTES = 32;

export const environmentSettings = [
  { name: 'POSTGRES_USER', fallback: 'postgres', about: 'Database user. Used only with `DB_HOST`.' },
  {
    name: 'POSTGRES_PASSWORD',
    fallback: '',
    about: 'Password of the database user. Used only with `DB_HOST`.',
  },
  {
    name: 'POSTGRES_DB',
    fallback: 'chatty',
    about: 'Database name. The database must exist. Used only with `DB_HOST`.',
  },
  {
    name: 'DB_HOST',
    fallback: '',
    about:
      'Host of the PostgreSQL server, or the folder of its Unix socket. Unset: Chatty runs its embedded database.',
  },
  { name: 'DB_PORT', fallback: '5432', about: 'Port of the PostgreSQL server, 1-65535.' },
  {
    name: 'JWT_SECRET',
    fallback: '',
    about:
      'Required. Secret that host backends sign tokens with. Production requires at least 32 bytes and rejects the example value.',
  },
  {
    name: 'SECRETS_ENCRYPTION_KEY',
    fallback: '',
    about:
      'Encrypts project secrets in the database, at least 32 bytes. Unset: projects cannot have their own secrets.',
  },
  {
    name: 'ADMIN_KEY',
    fallback: '',
    about: 'Key for the HTTP API under `/api/v1`, at least 32 bytes. Unset: the API is off.',
  },
  {
    name: 'UNREGISTERED_PROJECTS',
    fallback: 'allow',
    about:
      '`allow`: any project id in a token signed with `JWT_SECRET` works. `refuse`: only registered projects work.',
  },
  {
    name: 'ALLOWED_ORIGINS',
    fallback: '',
    about:
      'Comma-separated origins allowed for unregistered projects, for example `https://kimpga.com`. Unset: any origin.',
  },
  { name: 'PORT', fallback: '3000', about: 'Port of the chat server, 0-65535. 0 picks a free port.' },
  { name: 'HOST', fallback: '0.0.0.0', about: 'Address the chat server listens on.' },
  { name: 'CHATTY_DATA_DIR', fallback: 'data', about: 'Data folder of the embedded database.' },
  {
    name: 'NODE_ENV',
    fallback: 'development',
    about: '`production` requires `exp` in tokens and rejects weak secrets.',
  },
  {
    name: 'TOKEN_MAX_HOURS',
    fallback: '24 in production',
    about: 'Maximum token lifetime in hours, 1-8760. Outside production: no maximum.',
  },
  {
    name: 'DB_WAIT_SECONDS',
    fallback: '60',
    about: 'Seconds to wait for the database at startup, 1-3600.',
  },
  { name: 'SEND_BURST', fallback: '300', about: 'Messages a member may send in a burst, 1-1000000.' },
  {
    name: 'SEND_PER_SECOND',
    fallback: '5',
    about: 'Sustained messages per second per member, 1-1000000.',
  },
  {
    name: 'GUEST_PROJECTS',
    fallback: '',
    about: 'Comma-separated projects that guests may read, or `*` for all. Unset: none.',
  },
  { name: 'LOG_LEVEL', fallback: 'info', about: 'One of `trace debug info warn error fatal silent`.' },
  ...Object.values(limitSettings),
] as const satisfies Setting[];

type SettingName = (typeof environmentSettings)[number]['name'];

export const SETTING_NAMES: readonly string[] = environmentSettings.map(({ name }) => name);
/** Usual values of `NODE_ENV`; another value may be meant as production. */
const KNOWN_NODE_ENVS: readonly string[] = ['production', 'development', 'test'];

/** Reads all settings and reports all errors at once. An empty value counts as unset, as in compose files. */
export function readConfig(environment: Environment): ConfigResult {
  const { values, errors, warnings } = readSettingValues(SETTING_NAMES, environment);
  errors.push(...renamedSettingErrors(environment));
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
    addError('NODE_ENV', `must be written production, in lower case, not "${textOf('NODE_ENV')}".`);
  else if (!KNOWN_NODE_ENVS.includes(textOf('NODE_ENV')))
    warnings.push(`NODE_ENV is "${textOf('NODE_ENV')}", not production: tokens without exp are accepted.`);
  const logLevel = logLevels.find((level) => level === textOf('LOG_LEVEL'));
  if (!logLevel)
    addError('LOG_LEVEL', `must be one of ${logLevels.join(' ')}, not "${textOf('LOG_LEVEL')}".`);
  const secretCheck = checkSecret(textOf('JWT_SECRET'), production);
  if (secretCheck.error) addError('JWT_SECRET', secretCheck.error);
  for (const name of ['SECRETS_ENCRYPTION_KEY', 'ADMIN_KEY'] as const) {
    const length = Buffer.byteLength(textOf(name));
    if (length > 0 && length < MIN_SECRET_BYTES)
      addError(
        name,
        `has ${length} bytes, fewer than ${MIN_SECRET_BYTES}: make one with "openssl rand -hex 32".`,
      );
    if (length > 0 && textOf(name) === textOf('JWT_SECRET'))
      addError(name, 'must differ from JWT_SECRET, which the hosts know.');
  }
  if (/[^\x20-\x7e]/.test(textOf('ADMIN_KEY')))
    addError(
      'ADMIN_KEY',
      'contains a character that HTTP headers cannot carry: make one with "openssl rand -hex 32".',
    );
  const unregistered = textOf('UNREGISTERED_PROJECTS');
  if (unregistered !== 'allow' && unregistered !== 'refuse')
    addError('UNREGISTERED_PROJECTS', `must be allow or refuse, not "${unregistered}".`);
  const allowedOrigins = textOf('ALLOWED_ORIGINS') === '' ? null : splitList(textOf('ALLOWED_ORIGINS'));
  for (const origin of allowedOrigins ?? [])
    if (!isOrigin(origin) && origin !== 'null')
      addError(
        'ALLOWED_ORIGINS',
        `must be comma-separated origins such as https://kimpga.com; "${origin}" is not an origin${suggestOrigin(origin)}.`,
      );
  const guestProjects = textOf('GUEST_PROJECTS') === '' ? [] : splitList(textOf('GUEST_PROJECTS'));
  for (const id of guestProjects)
    if (id !== '*' && !PROJECT_ID_PATTERN.test(id))
      addError('GUEST_PROJECTS', `must be comma-separated project ids, or *; "${id}" is not a project id.`);
  const maxHours = values.TOKEN_MAX_HOURS ?? (production ? '24' : '');
  const limits = readLimits(({ name, min, max }) => readInteger(name, min, max));
  const sendBurst = readInteger('SEND_BURST', 1, 1_000_000);
  const sendPerSecond = readInteger('SEND_PER_SECOND', 1, 1_000_000);
  // A higher limit per member must not be cut off by the default limit per project.
  if (values.PROJECT_EVENTS_PER_SECOND === undefined)
    limits.projectEventsPerSecond = Math.max(
      limits.projectEventsPerSecond,
      sendPerSecond,
      sendBurst / PROJECT_BURST_SECONDS,
    );
  const config: Config = {
    production,
    host: textOf('HOST'),
    port: readInteger('PORT', 0, 65_535),
    jwtSecret: textOf('JWT_SECRET'),
    secretEncryptionKey: textOf('SECRETS_ENCRYPTION_KEY') || null,
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
  if (secret === '') return { error: 'is missing: set the secret that host backends sign tokens with.' };
  const weakness =
    secret === EXAMPLE_SECRET
      ? 'is the public example value of .env.example.'
      : Buffer.byteLength(secret) < MIN_SECRET_BYTES
        ? `has ${Buffer.byteLength(secret)} bytes, fewer than ${MIN_SECRET_BYTES}: make one with "openssl rand -hex 32".`
        : null;
  if (weakness === null) return {};
  return production ? { error: weakness } : { warning: `${weakness} Production refuses it.` };
}

function splitList(value: string): string[] {
  return value.split(',').map((item) => item.trim());
}

/** Suggests the origin that a value such as `https://kimpga.com/` probably means. */
function suggestOrigin(value: string): string {
  const origin = URL.canParse(value) ? new URL(value).origin : 'null';
  return isOrigin(origin) ? `: did you mean "${origin}"?` : '';
}

/** Whether it is an origin as browsers send it: lower case, no path, no default port. */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}

function defaultOf(name: SettingName): string {
  return environmentSettings.find((setting) => setting.name === name)?.fallback ?? '';
}
