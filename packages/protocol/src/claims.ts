/** Reads the claims of a token into a member, by the rules of docs/reference/protocol.md. */

import { type Role, roles } from './events.js';
import { cleanName, exceedsGraphemes } from './normalize-text.js';
import {
  MAX_RAW_NAME_LENGTH,
  MAX_URL_LENGTH,
  MAX_USER_ID_LENGTH,
  MAX_USERNAME_GRAPHEMES,
  PROJECT_ID_PATTERN,
} from './sizes.js';

/** A person as the host's token describes them. */
export type TokenMember = {
  projectId: string;
  userId: string;
  username: string;
  avatar: string | null;
  url: string | null;
  role: Role;
  badges: string[];
  level: number | null;
};

export type Claims = Record<string, unknown>;

/** Required claims. */
export type RequiredClaim = 'projectId' | 'username' | 'user';

/** The member, or which claim is invalid and why: for the log and the host's developers, not for the visitor. */
export type ClaimsResult =
  | { ok: true; member: TokenMember }
  | { ok: false; claim: RequiredClaim; reason: string };

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const MAX_BADGES = 5;
const MAX_BADGE_LENGTH = 20;

/** @param allowLocalHttp whether http URLs on localhost are accepted, for development */
export function readClaims(claims: Claims, allowLocalHttp = true): ClaimsResult {
  const user = isObject(claims.user) ? claims.user : {};
  const projectId = claims.projectId;
  if (typeof projectId !== 'string' || !PROJECT_ID_PATTERN.test(projectId)) {
    return invalidClaim(
      'projectId',
      'projectId must be 1-64 of a-z 0-9 . _ - and begin with a letter or digit',
    );
  }
  const rawName = firstPresent(claims.username, claims.name, claims.nickname, user.username, user.name);
  if (typeof rawName !== 'string')
    return invalidClaim('username', 'username is required and must be a string');
  const username = readName(rawName);
  if (username === null || exceedsGraphemes(username, MAX_USERNAME_GRAPHEMES)) {
    return invalidClaim(
      'username',
      'username must be 1-40 visible characters without control, bidi or zero-width characters',
    );
  }
  const id = firstPresent(claims.sub, isObject(claims.user) ? user.id : claims.user, claims.userId);
  const userId = id === undefined ? username : readUserId(id);
  if (userId === null)
    return invalidClaim('user', 'the user id must be a string of 1-128 characters or a whole number');
  return {
    ok: true,
    member: {
      projectId,
      userId,
      username,
      avatar: readUrl(
        firstPresent(claims.avatar, claims.picture, claims.avatarUrl, user.avatar),
        allowLocalHttp,
      ),
      url: readUrl(claims.url, allowLocalHttp),
      role: roles.find((role) => role === claims.role) ?? 'member',
      badges: readBadges(claims.badges),
      level: typeof claims.level === 'number' && Number.isFinite(claims.level) ? claims.level : null,
    },
  };
}

/** A normalized https URL (or http on localhost, if allowed) without credentials; other values are dropped. */
export function readUrl(value: unknown, allowLocalHttp = true): string | null {
  if (typeof value !== 'string' || value.length > MAX_URL_LENGTH || !URL.canParse(value)) return null;
  const url = new URL(value);
  const isLocalHttp = url.protocol === 'http:' && LOCAL_HOSTS.has(url.hostname);
  const allowed = url.protocol === 'https:' || (allowLocalHttp && isLocalHttp);
  if (!allowed || url.username !== '' || url.password !== '' || url.href.length > MAX_URL_LENGTH) return null;
  return url.href;
}

function readUserId(value: unknown): string | null {
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || value.length > MAX_USER_ID_LENGTH) return null;
  return /[\p{Cc}\p{Cs}]/u.test(value) || value.trim() === '' ? null : value;
}

function readBadges(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const names = value
    .slice(0, MAX_BADGES)
    .map((badge) => (typeof badge === 'string' ? readName(badge) : null));
  return names.filter((name): name is string => name !== null && name.length <= MAX_BADGE_LENGTH);
}

function readName(rawName: string): string | null {
  return rawName.length > MAX_RAW_NAME_LENGTH ? null : cleanName(rawName);
}

/** The first claim that is present; hosts send null for "none". */
function firstPresent(...values: unknown[]): unknown {
  return values.find((value) => value !== undefined && value !== null);
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalidClaim(claim: RequiredClaim, reason: string): ClaimsResult {
  return { ok: false, claim, reason };
}
