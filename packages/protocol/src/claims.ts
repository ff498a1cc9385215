/** Decides what a token's claims say: who the bearer is, cleaned by the rules of docs/protocol.md. */

import { type Role, roles } from './events.js';
import { cleanName, exceedsGraphemes } from './normalize-text.js';
import { PROJECT_ID, RAW_NAME_LENGTH, URL_LENGTH, USER_ID_LENGTH, USERNAME_GRAPHEMES } from './sizes.js';

/** A person as the host's token describes them. */
export type Member = {
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

/** What cannot be done without. */
export type Claim = 'projectId' | 'username' | 'user';

/** The member, or which claim is wrong and how: for the server's log and the host's developer, not for the visitor. */
export type ClaimsResult = { ok: true; member: Member } | { ok: false; claim: Claim; reason: string };

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const BADGES = 5;
const BADGE_LENGTH = 20;

/** @param allowLocalHttp whether pictures may come from an http server on the reader's own machine, as while developing */
export function readClaims(claims: Claims, allowLocalHttp = true): ClaimsResult {
  const user = isObject(claims.user) ? claims.user : {};
  const projectId = claims.projectId;
  if (typeof projectId !== 'string' || !PROJECT_ID.test(projectId)) {
    return wrong('projectId', 'projectId must be 1-64 of a-z 0-9 . _ - and begin with a letter or digit');
  }
  const given = first(claims.username, claims.name, claims.nickname, user.username, user.name);
  if (typeof given !== 'string') return wrong('username', 'username is required and must be a string');
  const username = readName(given);
  if (username === null || exceedsGraphemes(username, USERNAME_GRAPHEMES)) {
    return wrong(
      'username',
      'username must be 1-40 visible characters without control, bidi or zero-width characters',
    );
  }
  const id = first(claims.sub, isObject(claims.user) ? user.id : claims.user, claims.userId);
  const userId = id === undefined ? username : readUserId(id);
  if (userId === null)
    return wrong('user', 'the user id must be a string of 1-128 characters or a whole number');
  return {
    ok: true,
    member: {
      projectId,
      userId,
      username,
      avatar: readUrl(first(claims.avatar, claims.picture, claims.avatarUrl, user.avatar), allowLocalHttp),
      url: readUrl(claims.url, allowLocalHttp),
      role: roles.find((role) => role === claims.role) ?? 'member',
      badges: readBadges(claims.badges),
      level: typeof claims.level === 'number' && Number.isFinite(claims.level) ? claims.level : null,
    },
  };
}

/** An https URL (http on this machine, where that is allowed) without credentials, in its normal form; anything else is dropped. */
export function readUrl(value: unknown, allowLocalHttp = true): string | null {
  if (typeof value !== 'string' || value.length > URL_LENGTH || !URL.canParse(value)) return null;
  const url = new URL(value);
  const isLocalHttp = url.protocol === 'http:' && LOCAL_HOSTS.has(url.hostname);
  const allowed = url.protocol === 'https:' || (allowLocalHttp && isLocalHttp);
  if (!allowed || url.username !== '' || url.password !== '' || url.href.length > URL_LENGTH) return null;
  return url.href;
}

function readUserId(value: unknown): string | null {
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || value.length > USER_ID_LENGTH) return null;
  return /[\p{Cc}\p{Cs}]/u.test(value) || value.trim() === '' ? null : value;
}

function readBadges(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const names = value.slice(0, BADGES).map((badge) => (typeof badge === 'string' ? readName(badge) : null));
  return names.filter((name): name is string => name !== null && name.length <= BADGE_LENGTH);
}

function readName(given: string): string | null {
  return given.length > RAW_NAME_LENGTH ? null : cleanName(given);
}

/** The first claim that was given; hosts send null for "none". */
function first(...values: unknown[]): unknown {
  return values.find((value) => value !== undefined && value !== null);
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(claim: Claim, reason: string): ClaimsResult {
  return { ok: false, claim, reason };
}
