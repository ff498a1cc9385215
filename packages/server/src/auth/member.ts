/** Who is behind a connection: the verified member, or a guest, and the token they came with. */

import type { RoleOrGuest, TokenMember } from '@chatty/protocol';
import type { ProjectId } from '../store/store.js';

/** The part of a token that later checks need. Times in milliseconds; null: the token does not have the claim. */
export type TokenInfo = {
  /** The key that verified the token. Null: the shared key of projects without their own, or a guest. */
  readonly kid: string | null;
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
};

export type VerifiedMember = Omit<TokenMember, 'projectId' | 'role'> & {
  projectId: ProjectId;
  role: RoleOrGuest;
  /** The room of this connection. */
  room: string;
  tokenInfo: TokenInfo;
};
