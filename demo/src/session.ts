/** Keeps the login in a signed cookie, so that it survives a restart of the demo. */

import { createHmac, timingSafeEqual } from 'node:crypto';

export type LoginSessions = {
  /** The value of `set-cookie` that logs `accountId` in. */
  createCookie(accountId: string): string;
  /** The value of `set-cookie` that logs out. */
  clearCookie(): string;
  /** The account id of a request's `cookie` header, or null where none is valid. */
  readAccountId(cookies: string | undefined): string | null;
};

const SESSION_LIFETIME_SECONDS = 12 * 3_600;

/** @param name of the cookie; the sites need different ones because cookies do not know ports */
export function createLoginSessions(
  name: string,
  secret: string,
  now: () => number = Date.now,
): LoginSessions {
  const sign = (text: string) => createHmac('sha256', secret).update(`${name}.${text}`).digest('base64url');
  const cookie = (value: string, life: number) =>
    `${name}=${value}; Path=/; Max-Age=${life}; HttpOnly; SameSite=Lax`;
  return {
    createCookie(accountId) {
      const text = `${Buffer.from(accountId).toString('base64url')}.${Math.floor(now() / 1_000) + SESSION_LIFETIME_SECONDS}`;
      return cookie(`${text}.${sign(text)}`, SESSION_LIFETIME_SECONDS);
    },
    clearCookie: () => cookie('', 0),
    readAccountId(cookies = '') {
      const pair = cookies.split(/;\s*/).find((each) => each.startsWith(`${name}=`));
      const [account = '', until = '', signature = ''] = pair?.slice(name.length + 1).split('.') ?? [];
      const right = Buffer.from(sign(`${account}.${until}`));
      const given = Buffer.from(signature);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      return Number(until) > now() / 1_000 ? Buffer.from(account, 'base64url').toString() : null;
    },
  };
}
