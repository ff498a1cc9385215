/** Every setting there is, in one table: its name, its default, what it may be. docs/config.md is held to it by a test. */

import { PROJECT_ID } from '@chatty/protocol/sizes';
import { type Level, levels } from '../runtime/logger.js';
import type { Connection } from '../store/postgres/postgres-store.js';
import { type Limits, limitSettings, QUOTA_SECONDS, readLimits } from './limit-settings.js';
import { readValues } from './setting-values.js';

export type Environment = Record<string, string | undefined>;

export type Config = {
  production: boolean;
  host: string;
  /** 0 takes any free port. */
  port: number;
  jwtSecret: string;
  /** What the secrets in the database are sealed under; null: no project can have one of its own. */
  secretsKey: string | null;
  /** Opens the administration under /api/v1; null: there is none. */
  adminKey: string | null;
  /** Whether projects exist that have no record, as whoever signs for them with the shared secret names them. */
  unlistedProjects: boolean;
  /** Origins whose pages may show projects without a record; null: any. */
  allowedOrigins: string[] | null;
  /** Longest life a token may promise in hours; null: any. */
  tokenMaxHours: number | null;
  /** Set: that server. Null: the embedded database in `dataFolder`. */
  database: Connection | null;
  databaseWaitSeconds: number;
  /** Projects whose talk may be read without a token; `*` stands for all. */
  guestProjects: string[];
  dataFolder: string;
  sendBurst: number;
  sendPerSecond: number;
  limits: Limits;
  logLevel: Level;
};

export type ConfigResult =
  | { ok: true; config: Config; warnings: string[] }
  /** One sentence for each wrong setting, beginning with its name. */
  | { ok: false; faults: string[] };

export type Setting = { name: string; fallback: string; about: string };

/** The secret of `.env.example`: anybody can read it, so production refuses it. */
export const EXAMPLE_SECRET = 'replace-me-with-32-or-more-random-bytes';
/** Shortest secret in bytes (RFC 7518 section 3.2: HS256 needs a key of at least its hash's size). */
export const SECRET_BYTES = 32;

export const settings = [
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

type Name = (typeof settings)[number]['name'];

export const SETTING_NAMES: readonly string[] = settings.map(({ name }) => name);
/** What is commonly said in `NODE_ENV`; others may be meant for production. */
const NODE_ENVS: readonly string[] = ['production', 'development', 'test'];

/** Reads all settings and reports all faults at once. An empty value counts as unset, as in compose files. */
export function readConfig(environment: Environment): ConfigResult {
  const { values, faults, warnings } = readValues(SETTING_NAMES, environment);
  const text = (name: Name) => values[name] ?? fallbackOf(name);
  const fault = (name: Name, what: string) => faults.push(`${name} ${what}`);
  const whole = (name: Name, least: number, most: number, value = text(name)) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    fault(name, `must be a whole number from ${least} to ${most}, not "${value}".`);
    return least;
  };

  const production = text('NODE_ENV') === 'production';
  if (!production && /^prod(?:uction)?$/i.test(text('NODE_ENV')))
    fault('NODE_ENV', `must be production, all of it and in lower case, not "${text('NODE_ENV')}".`);
  else if (!NODE_ENVS.includes(text('NODE_ENV')))
    warnings.push(`NODE_ENV is "${text('NODE_ENV')}", which is not production: tokens need no exp.`);
  const logLevel = levels.find((level) => level === text('LOG_LEVEL'));
  if (!logLevel) fault('LOG_LEVEL', `must be one of ${levels.join(' ')}, not "${text('LOG_LEVEL')}".`);
  const secret = readSecret(text('JWT_SECRET'), production);
  if (secret.fault) fault('JWT_SECRET', secret.fault);
  for (const name of ['SECRETS_KEY', 'ADMIN_KEY'] as const) {
    const length = Buffer.byteLength(text(name));
    if (length > 0 && length < SECRET_BYTES)
      fault(name, `has ${length} bytes, fewer than ${SECRET_BYTES}: make one with "openssl rand -hex 32".`);
    if (length > 0 && text(name) === text('JWT_SECRET'))
      fault(name, 'must not be the JWT_SECRET, which the hosts know.');
  }
  if (/[^\x20-\x7e]/.test(text('ADMIN_KEY')))
    fault(
      'ADMIN_KEY',
      'holds a character that no HTTP header can carry: make one with "openssl rand -hex 32".',
    );
  const unlisted = text('UNLISTED_PROJECTS');
  if (unlisted !== 'allow' && unlisted !== 'refuse')
    fault('UNLISTED_PROJECTS', `must be allow or refuse, not "${unlisted}".`);
  const origins = text('ALLOWED_ORIGINS') === '' ? null : listOf(text('ALLOWED_ORIGINS'));
  for (const origin of origins ?? [])
    if (!isOrigin(origin) && origin !== 'null')
      fault(
        'ALLOWED_ORIGINS',
        `must be origins as https://kimpga.com with commas between; "${origin}" is none${originMeant(origin)}.`,
      );
  const guestProjects = text('GUEST_PROJECTS') === '' ? [] : listOf(text('GUEST_PROJECTS'));
  for (const id of guestProjects)
    if (id !== '*' && !PROJECT_ID.test(id))
      fault('GUEST_PROJECTS', `must be project ids with commas between, or *; "${id}" is none.`);
  const maxHours = values.TOKEN_MAX_HOURS ?? (production ? '24' : '');
  const limits = readLimits(({ name, least, most }) => whole(name, least, most));
  const sendBurst = whole('SEND_BURST', 1, 1_000_000);
  const sendPerSecond = whole('SEND_PER_SECOND', 1, 1_000_000);
  // Whoever lets one member send more has not meant to stop all of them together before.
  if (values.PROJECT_PER_SECOND === undefined)
    limits.projectPerSecond = Math.max(limits.projectPerSecond, sendPerSecond, sendBurst / QUOTA_SECONDS);
  const config: Config = {
    production,
    host: text('HOST'),
    port: whole('PORT', 0, 65_535),
    jwtSecret: text('JWT_SECRET'),
    secretsKey: text('SECRETS_KEY') || null,
    adminKey: text('ADMIN_KEY') || null,
    unlistedProjects: unlisted === 'allow',
    allowedOrigins: origins,
    tokenMaxHours: maxHours ? whole('TOKEN_MAX_HOURS', 1, 8_760, maxHours) : null,
    database: null,
    databaseWaitSeconds: whole('DB_WAIT_SECONDS', 1, 3_600),
    guestProjects,
    dataFolder: text('CHATTY_DATA_DIR'),
    sendBurst,
    sendPerSecond,
    limits,
    logLevel: logLevel ?? 'info',
  };
  const dbPort = whole('DB_PORT', 1, 65_535);
  if (values.DB_HOST !== undefined) {
    config.database = {
      host: text('DB_HOST'),
      port: dbPort,
      user: text('POSTGRES_USER'),
      password: text('POSTGRES_PASSWORD'),
      database: text('POSTGRES_DB'),
    };
  }
  if (faults.length > 0) return { ok: false, faults };
  if (secret.warning) warnings.push(`JWT_SECRET ${secret.warning}`);
  return { ok: true, config, warnings };
}

function readSecret(secret: string, production: boolean): { fault?: string; warning?: string } {
  if (secret === '') return { fault: 'is missing: set the secret that the hosts sign their tokens with.' };
  const weakness =
    secret === EXAMPLE_SECRET
      ? 'is the one of .env.example, which everybody knows.'
      : Buffer.byteLength(secret) < SECRET_BYTES
        ? `has ${Buffer.byteLength(secret)} bytes, fewer than ${SECRET_BYTES}: make one with "openssl rand -hex 32".`
        : null;
  if (weakness === null) return {};
  return production ? { fault: weakness } : { warning: `${weakness} Production refuses it.` };
}

function listOf(value: string): string[] {
  return value.split(',').map((each) => each.trim());
}

/** For `https://kimpga.com/` and the like the origin that was probably meant, as it stands in a fault. */
function originMeant(value: string): string {
  const meant = URL.canParse(value) ? new URL(value).origin : 'null';
  return isOrigin(meant) ? `: did you mean "${meant}"?` : '';
}

/** Whether it is an origin as browsers write them: lower case, no path, no port that goes without saying. */
export function isOrigin(value: string): boolean {
  return URL.canParse(value) && /^https?:/.test(value) && new URL(value).origin === value;
}

function fallbackOf(name: Name): string {
  return settings.find((setting) => setting.name === name)?.fallback ?? '';
}
