/** The words in which the database speaks of projects themselves. */

import type { Actor, AuditDetails } from './moderation-store.js';

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

/** `whole`: the pages are all projects there are, and what is known beside them is gone. */
export type ProjectChanges = { version: number; isComplete: boolean; pages: AsyncIterable<ProjectRow[]> };

export type CreateResult = 'made' | 'exists' | 'not_found';
export type UpdateResult = 'done' | 'not_found';

/** Each change and its entry in the audit log (`by` whom, and no secret) are one transaction. Each throws `Unavailable`. */
export type ProjectRecords = {
  /** What has changed since a version, but for times of use; null as `since`: everything. Null: nothing has. */
  changesSince(since: number | null): Promise<ProjectChanges | null>;
  /** As it is now, with its times of use; null: there is none. */
  find(id: string): Promise<ProjectRow | null>;
  /** Those whose id comes after this one, in the order of their ids, with their times of use. */
  listAfter(id: string, limit: number): Promise<ProjectRow[]>;
  create(project: ProjectInput, actor: Actor): Promise<CreateResult>;
  /** @param details what the log keeps of it */
  update(project: ProjectInput, details: AuditDetails, actor: Actor): Promise<UpdateResult>;
  addSecret(
    project: string,
    secret: Pick<SecretRow, 'kid' | 'algorithm' | 'sealed' | 'public' | 'expiresAt'>,
    actor: Actor,
  ): Promise<CreateResult>;
  expireSecret(project: string, kid: string, at: string | null, actor: Actor): Promise<UpdateResult>;
  /** For good. */
  revokeSecret(project: string, kid: string, actor: Actor): Promise<UpdateResult>;
  /** Never takes an earlier cut-off than there is. */
  setCutoff(project: string, userId: string, before: string, actor: Actor): Promise<UpdateResult>;
  /** `not_found`: there was none. */
  removeCutoff(project: string, userId: string, actor: Actor): Promise<UpdateResult>;
  addKey(project: string, key: Pick<KeyRow, 'id' | 'name' | 'hash'>, actor: Actor): Promise<UpdateResult>;
  /** For good. */
  revokeKey(project: string, id: string, actor: Actor): Promise<UpdateResult>;
  recordKeyUse(project: string, id: string): Promise<void>;
  recordSecretUses(uses: readonly { project: string; kid: string; at: string }[]): Promise<void>;
};

type ProjectInput = Pick<ProjectRow, 'id' | 'name' | 'settings' | 'origins'>;
