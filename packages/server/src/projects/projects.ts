/** This server's copy of all projects: settings, allowed origins, signing keys and token cutoffs. */

import { createSecretKey, type KeyObject } from 'node:crypto';
import { MAIN_ROOM, type Role, roles } from '@chatty/protocol';
import { type CompactVerifyGetKey, type CryptoKey, createRemoteJWKSet, importSPKI } from 'jose';
import { createVersionedCache } from '../cluster/versioned-cache.js';
import { wallTime } from '../runtime/clocks.js';
import type { Log } from '../runtime/logger.js';
import type {
  Algorithm,
  ProjectChanges,
  ProjectRecords,
  ProjectRow,
  SecretRow,
} from '../store/project-store.js';
import { createKnownOrigins } from './known-origins.js';
import { type ProjectSettings, settingsFromStored } from './project-settings.js';
import type { SecretCipher } from './secret-encryption.js';

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
  /** Whether the project exists: it has a record, or unregistered projects are allowed. */
  has(id: string): boolean;
  /** Keys that may have signed a token of this project; only those with `kid` if the token has one. Empty: every token is refused. */
  signingKeysOf(id: string, kid: unknown, algorithm: unknown): readonly SigningKey[];
  /** Whether what was checked with this key still holds. */
  isKeyActive(id: string, kid: string | null): boolean;
  /** When a token of this user must have been issued at the earliest, in milliseconds; null: at any time. */
  tokensValidFrom(id: string, userId: string): number | null;
  /** Why pages of this origin may not connect, for the log; null: they may. Undefined: no browser. */
  originRefusalReason(id: string, origin: string | undefined): string | null;
  /** Whether pages of this origin may speak to any project at all. */
  isKnownOrigin(origin: string): boolean;
  allowsGuests(id: string): boolean;
  hasRoom(id: string, room: string): boolean;
  /** The role that this project lets a token give that claims this one. */
  roleOf(id: string, role: Role): Role;
  /** A token was accepted with this key. */
  recordKeyUse(id: string, kid: string | null): void;
  /** Number of the newest change that is known. */
  readonly version: number;
  /** Reads again what has changed; to be called after a change, also by another server. */
  refresh(): Promise<void>;
  /** Runs after each change, with the projects it is about; without: it may be about any. */
  onChange(listener: (projects?: ReadonlySet<string>) => void): void;
  close(): Promise<void>;
};

type LoadedProject = {
  project: Project;
  keys: { row: SecretRow; key: SigningKey }[];
  cutoffs: ReadonlyMap<string, number>;
};

type ProjectsState = {
  loaded: Map<string, LoadedProject>;
  knownOrigins: ReturnType<typeof createKnownOrigins>;
};

/** How often the times at which keys were last used are written. */
const LAST_USED_WRITE_INTERVAL_MS = 30_000;
const ASYMMETRIC_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

/** Throws if the secret is empty: anyone could sign with an empty key. */
export function secretToKey(secret: string): KeyObject {
  if (secret === '') throw new Error('the secret is empty');
  return createSecretKey(secret, 'utf8');
}

/**
 * @param options.secretCipher null: stored secrets cannot be decrypted, and tokens signed with them are refused
 * @param options.sharedKey secret of projects without their own
 * @param options.allowUnregistered whether projects without a record exist
 * @param options.origins allowed for projects without a record; null: any
 * @param options.guestProjects from GUEST_PROJECTS
 */
export async function createProjects(options: {
  records: ProjectRecords;
  secretCipher: SecretCipher | null;
  sharedKey: string;
  allowUnregistered: boolean;
  origins: readonly string[] | null;
  guestProjects: readonly string[];
  production: boolean;
  log: Log;
  now?: () => number;
}): Promise<Projects> {
  const {
    records,
    secretCipher,
    allowUnregistered,
    origins,
    guestProjects,
    production,
    log,
    now = wallTime,
  } = options;
  const sharedKey: SigningKey = {
    kid: null,
    algorithms: ['HS256'],
    key: secretToKey(options.sharedKey),
  };
  const pendingKeyUses = new Map<string, { project: string; kid: string; at: number }>();
  const cache = createVersionedCache({
    readChanges: (since) => records.changesSince(since),
    createState: () => ({
      loaded: new Map<string, LoadedProject>(),
      knownOrigins: createKnownOrigins({ production }),
    }),
    apply: applyChanges,
  });

  async function loadKey(project: string, row: SecretRow): Promise<SigningKey['key']> {
    if (row.algorithm === 'JWKS') return createRemoteJWKSet(new URL(row.public ?? ''));
    if (row.algorithm !== 'HS256') return importSPKI(row.public ?? '', row.algorithm);
    if (secretCipher === null || row.sealed === null) throw new Error('SECRETS_ENCRYPTION_KEY is not set');
    return secretToKey(secretCipher.decrypt(`${project}/${row.kid}`, row.sealed));
  }

  async function load(row: ProjectRow): Promise<LoadedProject> {
    const previous = cache.state.loaded.get(row.id);
    const keys: LoadedProject['keys'] = [];
    for (const secret of row.secrets) {
      if (secret.revokedAt !== null) continue;
      // Kept over a reload, and with it what a JWKS has fetched.
      const previousKey = previous?.keys.find(
        ({ row: { kid, createdAt } }) => kid === secret.kid && createdAt === secret.createdAt,
      );
      try {
        const key = previousKey?.key.key ?? (await loadKey(row.id, secret));
        keys.push({ row: secret, key: { kid: secret.kid, algorithms: algorithmsOf(secret.algorithm), key } });
      } catch (error) {
        log.error({ project: row.id, kid: secret.kid, reason: String(error) }, 'a secret cannot be used');
      }
    }
    const cutoffs = new Map(row.cutoffs.map(({ userId, before: at }) => [userId, Date.parse(at)]));
    return { project: { row, settings: settingsFromStored(row.settings) }, keys, cutoffs };
  }

  async function applyChanges(state: ProjectsState, { pages }: ProjectChanges): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    for await (const page of pages)
      for (const row of page) {
        const found = await load(row);
        state.knownOrigins.update(state.loaded.get(row.id)?.project ?? null, found.project);
        state.loaded.set(row.id, found);
        changed.add(row.id);
      }
    return changed;
  }

  const isUnexpired = ({ row }: { row: SecretRow }, time: number) =>
    row.expiresAt === null || time < Date.parse(row.expiresAt);

  async function writeKeyUses(): Promise<void> {
    const batch = [...pendingKeyUses.values()];
    pendingKeyUses.clear();
    await records.recordSecretUses(
      batch.map(({ project, kid, at }) => ({ project, kid, at: new Date(at).toISOString() })),
    );
  }

  await cache.refresh();
  const writeTimer = setInterval(() => {
    writeKeyUses().catch((error) =>
      log.debug({ reason: String(error) }, 'times of use could not be written'),
    );
  }, LAST_USED_WRITE_INTERVAL_MS);

  return {
    get: (id) => cache.state.loaded.get(id)?.project ?? null,
    has: (id) => cache.state.loaded.has(id) || allowUnregistered,
    signingKeysOf(id, kid, algorithm) {
      const found = cache.state.loaded.get(id);
      if (!found) return allowUnregistered && algorithm === 'HS256' ? [sharedKey] : [];
      // Counts revoked secrets too: a project that had its own secret never falls back to the shared one.
      if (found.project.row.secrets.length === 0) return algorithm === 'HS256' ? [sharedKey] : [];
      const time = now();
      return found.keys
        .filter((each) => isUnexpired(each, time) && each.key.algorithms.includes(String(algorithm)))
        .filter(({ row }) => kid === undefined || row.algorithm === 'JWKS' || row.kid === kid)
        .map(({ key }) => key);
    },
    isKeyActive(id, kid) {
      const found = cache.state.loaded.get(id);
      if (!found) return allowUnregistered && kid === null;
      if (kid === null) return found.project.row.secrets.length === 0;
      return found.keys.some((each) => each.row.kid === kid && isUnexpired(each, now()));
    },
    tokensValidFrom(id, userId) {
      const cutoffs = cache.state.loaded.get(id)?.cutoffs;
      const cutoffTimes = [cutoffs?.get(''), cutoffs?.get(userId)].filter((moment) => moment !== undefined);
      return cutoffTimes.length === 0 ? null : Math.max(...cutoffTimes);
    },
    originRefusalReason(id, origin) {
      if (origin === undefined) return null;
      const found = cache.state.loaded.get(id);
      if (!found)
        return origins === null || origins.includes(origin) ? null : 'ALLOWED_ORIGINS does not have it';
      const { row, settings } = found.project;
      if (origin === 'null') return settings.nullOrigin ? null : 'the setting nullOrigin is off';
      if (row.origins.includes(origin)) return null;
      if (row.origins.length === 0 && !production) return null;
      if (!isShellSafeOrigin(origin)) return 'the project does not allow it';
      return `the project does not allow it: npm run project -- origins ${id} ${[...row.origins, origin].join(' ')}`;
    },
    isKnownOrigin: (origin) =>
      cache.state.knownOrigins.has(origin) ||
      (allowUnregistered && (origins === null || origins.includes(origin))),
    allowsGuests(id) {
      const setting = cache.state.loaded.get(id)?.project.settings.guests;
      if (setting !== undefined && setting !== null) return setting;
      if (!allowUnregistered && !cache.state.loaded.has(id)) return false;
      return guestProjects.includes('*') || guestProjects.includes(id);
    },
    hasRoom: (id, room) =>
      room === MAIN_ROOM || (cache.state.loaded.get(id)?.project.settings.rooms ?? []).includes(room),
    roleOf(id, role) {
      const highest = cache.state.loaded.get(id)?.project.settings.highestRole;
      return highest === undefined
        ? role
        : (roles[Math.min(roles.indexOf(role), roles.indexOf(highest))] ?? role);
    },
    recordKeyUse(id, kid) {
      if (kid !== null) pendingKeyUses.set(`${id}/${kid}`, { project: id, kid, at: now() });
    },
    get version() {
      return cache.version ?? -1;
    },
    refresh: cache.refresh,
    onChange: cache.onChange,
    async close() {
      clearInterval(writeTimer);
      await cache.idle();
      await writeKeyUses().catch(() => undefined);
    },
  };
}

/** Whether the origin is safe in a command that is copied into a shell: any client can send `$(...)` as a host. */
export function isShellSafeOrigin(origin: string): boolean {
  return /^https?:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin);
}

function algorithmsOf(algorithm: Algorithm): readonly string[] {
  return algorithm === 'JWKS' ? ASYMMETRIC_ALGORITHMS : [algorithm];
}
