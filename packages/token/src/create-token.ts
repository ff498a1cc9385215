/** Signs the token that logs a visitor into the chat, for host backends. */

import { createHmac } from 'node:crypto';
import type { Role } from '@chatty/protocol';
import { readClaims, type TokenMember } from '@chatty/protocol';

export type TokenOptions = {
  /** The secret shared with Chatty, at least 32 bytes. */
  secret: string;
  projectId: string;
  /** The name shown with the visitor's messages. */
  username: string;
  /** The host's permanent id of the visitor; default: the username. */
  userId?: string;
  /** https URL of a picture. */
  avatar?: string;
  /** https URL of the visitor's profile. */
  url?: string;
  role?: Role;
  badges?: string[];
  level?: number;
  /** Lifetime in seconds, 1-86400; default: one hour. */
  expiresIn?: number;
  /** `kid` of the header, which selects one of the project's secrets. */
  keyId?: string;
  /** Milliseconds since 1970; default: the current time. */
  now?: number;
};

/** RFC 7518 section 3.2: a key is at least as long as the hash. */
const MIN_SECRET_BYTES = 32;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** Returns a JWT signed with HS256. Throws a `TypeError` that names the invalid option. */
export function createToken(options: TokenOptions): string {
  const {
    secret,
    projectId,
    username,
    userId,
    avatar,
    url,
    role,
    badges,
    level,
    expiresIn = HOUR_SECONDS,
    keyId,
  } = options;
  if (typeof secret !== 'string' || Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new TypeError(`secret must have at least ${MIN_SECRET_BYTES} bytes`);
  }
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > DAY_SECONDS) {
    throw new TypeError(`expiresIn must be a whole number of seconds from 1 to ${DAY_SECONDS}`);
  }
  if (keyId !== undefined && (typeof keyId !== 'string' || keyId === ''))
    throw new TypeError('keyId must be a string');
  const iat = Math.floor((options.now ?? Date.now()) / 1_000);
  if (!Number.isSafeInteger(iat)) throw new TypeError('now must be a time in milliseconds');
  const claims = {
    projectId,
    username,
    sub: userId,
    avatar,
    url,
    role,
    badges,
    level,
    iat,
    exp: iat + expiresIn,
  };
  const parsedClaims = readClaims(claims);
  if (!parsedClaims.ok) throw new TypeError(parsedClaims.reason);
  rejectDroppedClaims(options, parsedClaims.member);
  const signingInput = `${encodeJson({ alg: 'HS256', typ: 'JWT', kid: keyId })}.${encodeJson(claims)}`;
  return `${signingInput}.${createHmac('sha256', secret).update(signingInput).digest('base64url')}`;
}

/** Chatty silently drops invalid optional claims; here the developer is told. */
function rejectDroppedClaims({ avatar, url, role, level, badges }: TokenOptions, member: TokenMember): void {
  if (avatar !== undefined && member.avatar === null) throw new TypeError('avatar must be an https URL');
  if (url !== undefined && member.url === null) throw new TypeError('url must be an https URL');
  if (role !== undefined && member.role !== role)
    throw new TypeError('role must be member, moderator or admin');
  if (level !== undefined && member.level !== level) throw new TypeError('level must be a number');
  if (badges !== undefined && (!Array.isArray(badges) || member.badges.length !== badges.length)) {
    throw new TypeError('badges must be at most 5 visible strings of at most 20 characters');
  }
}

function encodeJson(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
