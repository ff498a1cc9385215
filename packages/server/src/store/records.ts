/** The words in which the database speaks of projects themselves. */

import type { Actor, Details } from './order-records.js';

export const algorithms = ['HS256', 'RS256', 'ES256', 'EdDSA', 'JWKS'] as const;
export type Algorithm = (typeof algorithms)[number];

/** A moment is ISO 8601 in UTC. */
export type SecretRow = {
  kid: string;
  algorithm: Algorithm;
  /** Of an HS256 secret; of the others `public` is set. */
  sealed: Buffer | null;
  public: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
};

/** A key of the project's own for the administration. Of the key itself the database knows only the SHA-256. */
export type KeyRow = {
  id: string;
  name: string;
  hash: Buffer;
  createdAt: string;
  revokedAt: string | null;
  lastUsedAt: string | null;
};

export type ProjectRow = {
  id: string;
  name: string;
  settings: Record<string, unknown>;
  origins: string[];
  createdAt: string;
  secrets: SecretRow[];
  keys: KeyRow[];
  /** Tokens issued before are worth nothing, by user id; '' stands for everybody. */
  cutoffs: { userId: string; before: string }[];
};

export type Made = 'made' | 'exists' | 'not_found';
export type Done = 'done' | 'not_found';

/** Each change and its entry in the audit log (`by` whom, and no secret) are one transaction. Each throws `Unavailable`. */
export type ProjectRecords = {
  /** Grows with every change of what `all` answers, but for times of use. */
  version(): Promise<number>;
  all(): Promise<ProjectRow[]>;
  create(project: Described, by: Actor): Promise<Made>;
  /** @param details what the log keeps of it */
  change(project: Described, details: Details, by: Actor): Promise<Done>;
  addSecret(
    project: string,
    secret: Pick<SecretRow, 'kid' | 'algorithm' | 'sealed' | 'public' | 'expiresAt'>,
    by: Actor,
  ): Promise<Made>;
  expire(project: string, kid: string, at: string | null, by: Actor): Promise<Done>;
  /** For good. */
  revoke(project: string, kid: string, by: Actor): Promise<Done>;
  /** Never takes an earlier cut-off than there is. */
  cutOff(project: string, userId: string, before: string, by: Actor): Promise<Done>;
  /** `not_found`: there was none. */
  removeCutOff(project: string, userId: string, by: Actor): Promise<Done>;
  addKey(project: string, key: Pick<KeyRow, 'id' | 'name' | 'hash'>, by: Actor): Promise<Done>;
  /** For good. */
  revokeKey(project: string, id: string, by: Actor): Promise<Done>;
  keyUsed(project: string, id: string): Promise<void>;
  used(uses: readonly { project: string; kid: string; at: string }[]): Promise<void>;
};

type Described = Pick<ProjectRow, 'id' | 'name' | 'settings' | 'origins'>;
