/** Decides what each project is at this moment: its settings, which pages may connect, which keys its tokens are signed with. */

import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Role, roles } from '@chatty/protocol/events';
import { MAIN_ROOM } from '@chatty/protocol/sizes';
import { type CompactVerifyGetKey, type CryptoKey, createRemoteJWKSet, importSPKI } from 'jose';
import { wallTime } from '../runtime/clocks.js';
import { createCoalesced } from '../runtime/coalesce.js';
import type { Log } from '../runtime/logger.js';
import type { Algorithm, ProjectRecords, ProjectRow, SecretRow } from '../store/project-store.js';
import { createKnownOrigins } from './known-origins.js';
import { type ProjectSettings, settingsOf } from './project-settings.js';
import type { Vault } from './secret-encryption.js';

/** A key tokens may be signed with. `kid` null: the secret that all projects without one of their own share. */
export type SigningKey = {
  kid: string | null;
  algorithms: readonly string[];
  key: KeyObject | CryptoKey | CompactVerifyGetKey;
};

export type Project = {
  readonly row: ProjectRow;
  readonly settings: ProjectSettings;
};

export type Projects = {
  /** Null: the project has no record. */
  get(id: string): Project | null;
  /** Whether there is such a project: one with a record, or any where those without one are let in. */
  has(id: string): boolean;
  /** Keys that a token of this project may be signed with, those of `kid` where it names one; none: nobody gets in. */
  keysOf(id: string, kid: unknown, algorithm: unknown): readonly SigningKey[];
  /** Whether what was checked with this key still holds. */
  holds(id: string, kid: string | null): boolean;
  /** When a token of this user must have been issued at the earliest, in milliseconds; null: at any time. */
  cutoffOf(id: string, userId: string): number | null;
  /** Why pages of this origin may not connect, for the log; null: they may. Undefined: no browser. */
  originFault(id: string, origin: string | undefined): string | null;
  /** Whether pages of this origin may speak to any project at all. */
  knowsOrigin(origin: string): boolean;
  guests(id: string): boolean;
  hasRoom(id: string, room: string): boolean;
  /** The role that this project lets a token give that claims this one. */
  roleOf(id: string, role: Role): Role;
  /** A token was accepted with this key. */
  used(id: string, kid: string | null): void;
  /** Number of the newest change that is known. */
  readonly version: number;
  /** Reads again what has changed; to be called after a change, also by another server. */
  refresh(): Promise<void>;
  /** Runs after each change, with the projects it is about; without: it may be about any. */
  onChange(listener: (projects?: ReadonlySet<string>) => void): void;
  close(): Promise<void>;
};

type Loaded = {
  project: Project;
  keys: { row: SecretRow; key: SigningKey }[];
  cutoffs: ReadonlyMap<string, number>;
};

/** How often times of use are written, in milliseconds. */
const NOTE = 30_000;
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA'];

/** Throws where there is no secret: with an empty key anybody could sign. */
export function keyOfSecret(secret: string): KeyObject {
  if (secret === '') throw new Error('the secret is empty');
  return createSecretKey(secret, 'utf8');
}

/**
 * @param founding secret of the projects that have none of their own
 * @param vault null: sealed secrets cannot be opened, and nobody gets into their projects
 * @param unlisted whether projects without a record exist
 * @param origins allowed for projects without a record; null: any
 * @param guestProjects as in the settings of the server
 */
export async function createProjects(options: {
  records: ProjectRecords;
  vault: Vault | null;
  founding: string;
  unlisted: boolean;
  origins: readonly string[] | null;
  guestProjects: readonly string[];
  production: boolean;
  log: Log;
  now?: () => number;
}): Promise<Projects> {
  const { records, vault, unlisted, origins, guestProjects, production, log, now = wallTime } = options;
  const founding: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: keyOfSecret(options.founding),
  };
  let loaded = new Map<string, Loaded>();
  let knownOrigins = createKnownOrigins({ production });
  let version: number | null = null;
  const uses = new Map<string, { project: string; kid: string; at: number }>();
  const listeners: ((projects?: ReadonlySet<string>) => void)[] = [];

  async function keyOf(project: string, row: SecretRow): Promise<SigningKey['key']> {
    if (row.algorithm === 'JWKS') return createRemoteJWKSet(new URL(row.public ?? ''));
    if (row.algorithm !== 'HS256') return importSPKI(row.public ?? '', row.algorithm);
    if (vault === null || row.sealed === null) throw new Error('SECRETS_KEY is not set');
    return keyOfSecret(vault.open(`${project}/${row.kid}`, row.sealed));
  }

  async function load(row: ProjectRow): Promise<Loaded> {
    const before = loaded.get(row.id);
    const keys: Loaded['keys'] = [];
    for (const secret of row.secrets) {
      if (secret.revokedAt !== null) continue;
      // Kept over a reload, and with it what a JWKS has fetched.
      const kept = before?.keys.find(
        ({ row: { kid, createdAt } }) => kid === secret.kid && createdAt === secret.createdAt,
      );
      try {
        const key = kept?.key.key ?? (await keyOf(row.id, secret));
        keys.push({ row: secret, key: { kid: secret.kid, algorithms: algorithmsOf(secret.algorithm), key } });
      } catch (error) {
        log.error({ project: row.id, kid: secret.kid, reason: String(error) }, 'a secret cannot be used');
      }
    }
    const cutoffs = new Map(row.cutoffs.map(({ userId, before: at }) => [userId, Date.parse(at)]));
    return { project: { row, settings: settingsOf(row.settings) }, keys, cutoffs };
  }

  async function reload(): Promise<void> {
    const changes = await records.changes(version);
    if (changes === null) return;
    const next = changes.whole
      ? { loaded: new Map<string, Loaded>(), knownOrigins: createKnownOrigins({ production }) }
      : { loaded, knownOrigins };
    const changed = new Set<string>();
    for await (const page of changes.pages)
      for (const row of page) {
        const found = await load(row);
        next.knownOrigins.replace(next.loaded.get(row.id)?.project ?? null, found.project);
        next.loaded.set(row.id, found);
        changed.add(row.id);
      }
    ({ loaded, knownOrigins } = next);
    version = changes.version;
    for (const listener of listeners) listener(changes.whole ? undefined : changed);
  }

  const refresh = createCoalesced(reload);

  const active = ({ row }: { row: SecretRow }, time: number) =>
    row.expiresAt === null || time < Date.parse(row.expiresAt);

  async function note(): Promise<void> {
    const noted = [...uses.values()];
    uses.clear();
    await records.used(
      noted.map(({ project, kid, at }) => ({ project, kid, at: new Date(at).toISOString() })),
    );
  }

  await refresh();
  const noting = setInterval(() => {
    note().catch((error) => log.debug({ reason: String(error) }, 'times of use could not be written'));
  }, NOTE);

  return {
    get: (id) => loaded.get(id)?.project ?? null,
    has: (id) => loaded.has(id) || unlisted,
    keysOf(id, kid, algorithm) {
      const found = loaded.get(id);
      if (!found) return unlisted && algorithm === 'HS256' ? [founding] : [];
      // Revoked ones too: what was once taken away from the shared secret is never given back to it.
      if (found.project.row.secrets.length === 0) return algorithm === 'HS256' ? [founding] : [];
      const time = now();
      return found.keys
        .filter((each) => active(each, time) && each.key.algorithms.includes(String(algorithm)))
        .filter(({ row }) => kid === undefined || row.algorithm === 'JWKS' || row.kid === kid)
        .map(({ key }) => key);
    },
    holds(id, kid) {
      const found = loaded.get(id);
      if (!found) return unlisted && kid === null;
      if (kid === null) return found.project.row.secrets.length === 0;
      return found.keys.some((each) => each.row.kid === kid && active(each, now()));
    },
    cutoffOf(id, userId) {
      const cutoffs = loaded.get(id)?.cutoffs;
      const moments = [cutoffs?.get(''), cutoffs?.get(userId)].filter((moment) => moment !== undefined);
      return moments.length === 0 ? null : Math.max(...moments);
    },
    originFault(id, origin) {
      if (origin === undefined) return null;
      const found = loaded.get(id);
      if (!found)
        return origins === null || origins.includes(origin) ? null : 'ALLOWED_ORIGINS does not have it';
      const { row, settings } = found.project;
      if (origin === 'null') return settings.nullOrigin ? null : 'the setting nullOrigin is off';
      if (row.origins.includes(origin)) return null;
      if (row.origins.length === 0 && !production) return null;
      if (!isPlainOrigin(origin)) return 'the project does not allow it';
      return `the project does not allow it: npm run project -- origins ${id} ${[...row.origins, origin].join(' ')}`;
    },
    knowsOrigin: (origin) =>
      knownOrigins.has(origin) || (unlisted && (origins === null || origins.includes(origin))),
    guests(id) {
      const setting = loaded.get(id)?.project.settings.guests;
      if (setting !== undefined && setting !== null) return setting;
      if (!unlisted && !loaded.has(id)) return false;
      return guestProjects.includes('*') || guestProjects.includes(id);
    },
    hasRoom: (id, room) =>
      room === MAIN_ROOM || (loaded.get(id)?.project.settings.rooms ?? []).includes(room),
    roleOf(id, role) {
      const highest = loaded.get(id)?.project.settings.highestRole;
      return highest === undefined
        ? role
        : (roles[Math.min(roles.indexOf(role), roles.indexOf(highest))] ?? role);
    },
    used(id, kid) {
      if (kid !== null) uses.set(`${id}/${kid}`, { project: id, kid, at: now() });
    },
    get version() {
      return version ?? -1;
    },
    refresh,
    onChange: (listener) => void listeners.push(listener),
    async close() {
      clearInterval(noting);
      await refresh.idle();
      await note().catch(() => undefined);
    },
  };
}

/** Whether it may stand in a command that somebody copies: a browser allows `$(...)` in a host, and anybody can send any. */
export function isPlainOrigin(origin: string): boolean {
  return /^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin);
}

function algorithmsOf(algorithm: Algorithm): readonly string[] {
  return algorithm === 'JWKS' ? ASYMMETRIC : [algorithm];
}
