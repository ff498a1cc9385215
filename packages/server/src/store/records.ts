/** The words in which the database speaks of projects themselves. */

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

export type ProjectRow = {
  id: string;
  name: string;
  settings: Record<string, unknown>;
  origins: string[];
  createdAt: string;
  secrets: SecretRow[];
  /** Tokens issued before are worth nothing, by user id; '' stands for everybody. */
  cutoffs: { userId: string; before: string }[];
};

export type Made = 'made' | 'exists' | 'not_found';
export type Done = 'done' | 'not_found';

/** Each throws `Unavailable`. */
export type ProjectRecords = {
  /** Grows with every change of what `all` answers, but for times of use. */
  version(): Promise<number>;
  all(): Promise<ProjectRow[]>;
  create(project: Pick<ProjectRow, 'id' | 'name' | 'settings' | 'origins'>): Promise<Made>;
  change(project: Pick<ProjectRow, 'id' | 'name' | 'settings' | 'origins'>): Promise<Done>;
  addSecret(
    project: string,
    secret: Pick<SecretRow, 'kid' | 'algorithm' | 'sealed' | 'public' | 'expiresAt'>,
  ): Promise<Made>;
  expire(project: string, kid: string, at: string | null): Promise<Done>;
  /** For good. */
  revoke(project: string, kid: string): Promise<Done>;
  /** Never takes an earlier cut-off than there is. */
  cutOff(project: string, userId: string, before: string): Promise<Done>;
  used(uses: readonly { project: string; kid: string; at: string }[]): Promise<void>;
};
