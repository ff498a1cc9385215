/** Who is logged in, kept in a signed cookie, so that a login outlives a restart of the demo. */

import { createHmac, timingSafeEqual } from 'node:crypto';

export type Sessions = {
  /** The value of `set-cookie` that logs `accountId` in. */
  start(accountId: string): string;
  /** The value of `set-cookie` that logs out. */
  end(): string;
  /** The account id of a request's `cookie` header, or null where none is valid. */
  read(cookies: string | undefined): string | null;
};

const LIFE_SECONDS = 12 * 3_600;

/** @param name of the cookie; the sites need different ones because cookies do not know ports */
export function createSessions(name: string, secret: string, now: () => number = Date.now): Sessions {
  const sign = (text: string) => createHmac('sha256', secret).update(`${name}.${text}`).digest('base64url');
  const cookie = (value: string, life: number) =>
    `${name}=${value}; Path=/; Max-Age=${life}; HttpOnly; SameSite=Lax`;
  return {
    start(accountId) {
      const text = `${Buffer.from(accountId).toString('base64url')}.${Math.floor(now() / 1_000) + LIFE_SECONDS}`;
      return cookie(`${text}.${sign(text)}`, LIFE_SECONDS);
    },
    end: () => cookie('', 0),
    read(cookies = '') {
      const pair = cookies.split(/;\s*/).find((each) => each.startsWith(`${name}=`));
      const [account = '', until = '', signature = ''] = pair?.slice(name.length + 1).split('.') ?? [];
      const right = Buffer.from(sign(`${account}.${until}`));
      const given = Buffer.from(signature);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      return Number(until) > now() / 1_000 ? Buffer.from(account, 'base64url').toString() : null;
    },
  };
}
