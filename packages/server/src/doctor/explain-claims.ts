/** Explains what a token says: its times, and the claims one by one, with what becomes of each. */

import { type Claims, readUrl } from '@chatty/protocol/claims';
import { roles } from '@chatty/protocol/events';
import { URL_LENGTH } from '@chatty/protocol/sizes';
import { MARK } from '../moderation/display-names.js';
import { type Finding, type Found, finding, skipped, textOf } from './finding.js';
import type { Outcome } from './outcomes.js';

const TIMES = ['issued', 'expiry', 'lifetime'] as const;
const CLAIMS = ['name', 'user', 'avatar', 'role'] as const;

export function explainTimes(found: Found): Finding[] {
  const { claims, faults, rules, now } = found;
  if (!faults.has('expiry')) return TIMES.map(skipped);
  const at = (seconds: unknown) => ({ moment: Number(seconds) * 1_000 });
  const from = (seconds: unknown) => ({ seconds: Number(seconds) - now / 1_000 });
  const most = { seconds: (rules.maxHours ?? 0) * 3_600 };
  return TIMES.map((check) => {
    const time = check === 'issued' ? claims.iat : claims.exp;
    const values = { at: at(time), ago: from(time), left: from(time), ahead: from(time), most };
    const fault = faults.get(check);
    if (fault?.kind === 'not_yet') Object.assign(values, { at: at(claims.nbf), ahead: from(claims.nbf) });
    if (fault) return finding(check, 'failed', `${check} ${fault.kind}` as Outcome, values);
    return { ...passed(check, found), values };
  });
}

function passed(check: (typeof TIMES)[number], { claims, rules, now }: Found): Finding {
  const isOver = Number(claims.exp) * 1_000 < now;
  if (check === 'lifetime')
    return finding(check, 'ok', rules.maxHours === null ? 'lifetime any' : 'lifetime ok');
  if (check === 'issued')
    return claims.iat === undefined
      ? finding(check, 'notice', 'issued none')
      : finding(check, 'ok', 'issued ok');
  if (claims.exp === undefined) return finding(check, 'notice', 'expiry none');
  return isOver ? finding(check, 'notice', 'expiry forgiven') : finding(check, 'ok', 'expiry ok');
}

export function explainClaims(found: Found): Finding[] {
  const { faults, given } = found;
  const wrong = faults.get('claims')?.claim;
  const { member } = given;
  if (wrong === 'username') return [finding('name', 'failed', 'name wrong'), ...CLAIMS.slice(1).map(skipped)];
  if (wrong === 'user')
    return [skipped('name'), finding('user', 'failed', 'user wrong'), ...CLAIMS.slice(2).map(skipped)];
  if (member === null) return CLAIMS.map(skipped);
  return [
    explainName(found, member.username),
    explainUser(found.claims, member.userId),
    explainAvatar(found, member.avatar),
    explainRole(found),
  ];
}

/** What the host may have meant by `user`, where it is an object. */
function userOf({ user }: Claims): Claims {
  return typeof user === 'object' && user !== null ? (user as Claims) : {};
}

function explainName({ claims, faults }: Found, name: string): Finding {
  if (faults.get('name')) return finding('name', 'failed', 'name reserved', { name });
  const user = userOf(claims);
  const given = [claims.username, claims.name, claims.nickname, user.username, user.name];
  if (given.includes(name)) return finding('name', 'ok', 'name ok', { name });
  return finding('name', 'notice', name.startsWith(MARK) ? 'name marked' : 'name cleaned', { name });
}

function explainUser(claims: Claims, id: string): Finding {
  const plain = typeof claims.user === 'object' ? null : claims.user;
  const given = [claims.sub, userOf(claims).id, plain, claims.userId];
  return given.every(isNothing)
    ? finding('user', 'notice', 'user name', { id })
    : finding('user', 'ok', 'user ok', { id });
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function explainAvatar({ claims, rules }: Found, kept: string | null): Finding {
  const all = [claims.avatar, claims.picture, claims.avatarUrl, userOf(claims).avatar];
  const given = all.find((each) => !isNothing(each));
  if (kept !== null) return finding('avatar', 'ok', 'avatar ok', { url: kept });
  if (given === undefined) return finding('avatar', 'ok', 'avatar none');
  return finding('avatar', 'notice', `avatar ${whyDropped(given, rules.allowLocalHttp)}` as Outcome);
}

function whyDropped(given: unknown, allowLocalHttp: boolean): string {
  if (typeof given !== 'string') return 'no_text';
  if (given.length > URL_LENGTH) return 'too_long';
  if (!URL.canParse(given)) return 'no_address';
  const plain = new URL(given);
  plain.username = '';
  plain.password = '';
  return readUrl(plain.href, allowLocalHttp) === null ? 'no_https' : 'credentials';
}

function explainRole({ project, claims, projects }: Found): Finding {
  if (isNothing(claims.role)) return finding('role', 'ok', 'role none');
  const given = textOf(claims.role);
  const known = roles.find((each) => each === claims.role);
  if (known === undefined) return finding('role', 'notice', 'role unknown', { given });
  const role = projects.roleOf(project, known);
  return role === known
    ? finding('role', 'ok', 'role ok', { role })
    : finding('role', 'notice', 'role lowered', { given, role });
}
