/** The people of the demo sites and their hashed passwords. Real hosts have a users table instead. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export type Account = { id: string; nickname: string; picture: string | null; salt: string; hash: string };

const SCRYPT_KEY_BYTES = 32;
const deriveKey = promisify<string, Buffer, number, Buffer>(scrypt);
/** Stands in where there is no such account, so that asking takes as long as for one that exists. */
const DUMMY_ACCOUNT = { salt: randomBytes(16).toString('hex'), hash: '0'.repeat(SCRYPT_KEY_BYTES * 2) };

/** The account whose password this is, or null. */
export async function authenticate(
  accounts: readonly Account[],
  id: string,
  password: string,
): Promise<Account | null> {
  const account = accounts.find((each) => each.id === id);
  const { salt, hash } = account ?? DUMMY_ACCOUNT;
  const key = await deriveKey(password, Buffer.from(salt, 'hex'), SCRYPT_KEY_BYTES);
  return timingSafeEqual(key, Buffer.from(hash, 'hex')) && account ? account : null;
}

export const kimpgaAccounts: readonly Account[] = [
  {
    id: 'minsu',
    nickname: '민수',
    picture: 'minsu.svg',
    salt: '6a9673e3f62724ed86c9cbb4aca3fc36',
    hash: '1d063c6b347b49af159ba902fe0a8e95ae5989dd987ced447ffd494666f1fb25',
  },
  {
    id: 'jiyoung',
    nickname: '지영',
    picture: null,
    salt: '5b1cbfa23b395e53e63cfa18c639b329',
    hash: 'b9c15c3165f928dd2d72636dbe00cf11b05c7683886bcdb92c024a8d340337a0',
  },
];

export const othershopAccounts: readonly Account[] = [
  {
    id: 'alice',
    nickname: 'Alice',
    picture: null,
    salt: 'd5a529664ce708b7c7cf5add655a596c',
    hash: '9885fbdd5e545b9a7020b04902c5339d29fc0dc75868bb0c53ab186426e99be8',
  },
  {
    id: 'bob',
    nickname: 'Bob',
    picture: null,
    salt: 'cd4d9f942f911e2dde7be24ab29df2d6',
    hash: '376627554d7841b07c0472889f052488acf3e5f15affde2b678fe71851f86b96',
  },
];

/** What `npm start` tells visitors of the demo; nothing checks against it. */
export const demoPasswords: Record<string, string> = {
  minsu: 'kimpga-minsu',
  jiyoung: 'kimpga-jiyoung',
  alice: 'othershop-alice',
  bob: 'othershop-bob',
};
