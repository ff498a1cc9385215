/** Explains the times and claims of a token, and how the chat uses each. */

import { type Claims, MAX_URL_LENGTH, readUrl, roles } from '@chatty/protocol';
import { IMPERSONATION_MARK } from '../moderation/display-names.js';
import { displayText, type ExaminedToken, type Finding, finding, skipped } from './finding.js';
import type { FindingOutcome } from './outcomes.js';

const TIME_CHECKS = ['issued', 'expiry', 'lifetime'] as const;
const CLAIM_CHECKS = ['name', 'user', 'avatar', 'role'] as const;

export function explainTimes(examined: ExaminedToken): Finding[] {
  const { claims, faults, rules, now } = examined;
  if (!faults.has('expiry')) return TIME_CHECKS.map(skipped);
  const at = (seconds: unknown) => ({ moment: Number(seconds) * 1_000 });
  const secondsFromNow = (seconds: unknown) => ({ seconds: Number(seconds) - now / 1_000 });
  const most = { seconds: (rules.maxLifetimeHours ?? 0) * 3_600 };
  return TIME_CHECKS.map((check) => {
    const time = check === 'issued' ? claims.iat : claims.exp;
    const values = {
      at: at(time),
      ago: secondsFromNow(time),
      left: secondsFromNow(time),
      ahead: secondsFromNow(time),
      most,
    };
    const failure = faults.get(check);
    if (failure?.kind === 'not_yet')
      Object.assign(values, { at: at(claims.nbf), ahead: secondsFromNow(claims.nbf) });
    if (failure) return finding(check, 'failed', `${check} ${failure.kind}` as FindingOutcome, values);
    return { ...passedFinding(check, examined), values };
  });
}

function passedFinding(check: (typeof TIME_CHECKS)[number], { claims, rules, now }: ExaminedToken): Finding {
  const isExpired = Number(claims.exp) * 1_000 < now;
  if (check === 'lifetime')
    return finding(check, 'ok', rules.maxLifetimeHours === null ? 'lifetime any' : 'lifetime ok');
  if (check === 'issued')
    return claims.iat === undefined
      ? finding(check, 'notice', 'issued none')
      : finding(check, 'ok', 'issued ok');
  if (claims.exp === undefined) return finding(check, 'notice', 'expiry none');
  return isExpired ? finding(check, 'notice', 'expiry forgiven') : finding(check, 'ok', 'expiry ok');
}

export function explainClaims(examined: ExaminedToken): Finding[] {
  const { faults, context: given } = examined;
  const failedClaim = faults.get('claims')?.claim;
  const { member } = given;
  if (failedClaim === 'username')
    return [finding('name', 'failed', 'name wrong'), ...CLAIM_CHECKS.slice(1).map(skipped)];
  if (failedClaim === 'user')
    return [skipped('name'), finding('user', 'failed', 'user wrong'), ...CLAIM_CHECKS.slice(2).map(skipped)];
  if (member === null) return CLAIM_CHECKS.map(skipped);
  return [
    explainName(examined, member.username),
    explainUser(examined.claims, member.userId),
    explainAvatar(examined, member.avatar),
    explainRole(examined),
  ];
}

/** The `user` claim, if the host made it an object. */
function userClaim({ user }: Claims): Claims {
  return typeof user === 'object' && user !== null ? (user as Claims) : {};
}

function explainName({ claims, faults }: ExaminedToken, name: string): Finding {
  if (faults.get('name')) return finding('name', 'failed', 'name reserved', { name });
  const user = userClaim(claims);
  const claimed = [claims.username, claims.name, claims.nickname, user.username, user.name];
  if (claimed.includes(name)) return finding('name', 'ok', 'name ok', { name });
  return finding('name', 'notice', name.startsWith(IMPERSONATION_MARK) ? 'name marked' : 'name cleaned', {
    name,
  });
}

function explainUser(claims: Claims, id: string): Finding {
  const plain = typeof claims.user === 'object' ? null : claims.user;
  const claimed = [claims.sub, userClaim(claims).id, plain, claims.userId];
  return claimed.every(isNullish)
    ? finding('user', 'notice', 'user name', { id })
    : finding('user', 'ok', 'user ok', { id });
}

function isNullish(value: unknown): boolean {
  return value === undefined || value === null;
}

function explainAvatar({ claims, rules }: ExaminedToken, storedUrl: string | null): Finding {
  const candidates = [claims.avatar, claims.picture, claims.avatarUrl, userClaim(claims).avatar];
  const claimed = candidates.find((each) => !isNullish(each));
  if (storedUrl !== null) return finding('avatar', 'ok', 'avatar ok', { url: storedUrl });
  if (claimed === undefined) return finding('avatar', 'ok', 'avatar none');
  return finding(
    'avatar',
    'notice',
    `avatar ${droppedReason(claimed, rules.allowLocalHttp)}` as FindingOutcome,
  );
}

function droppedReason(claimed: unknown, allowLocalHttp: boolean): string {
  if (typeof claimed !== 'string') return 'no_text';
  if (claimed.length > MAX_URL_LENGTH) return 'too_long';
  if (!URL.canParse(claimed)) return 'no_address';
  const plain = new URL(claimed);
  plain.username = '';
  plain.password = '';
  return readUrl(plain.href, allowLocalHttp) === null ? 'no_https' : 'credentials';
}

function explainRole({ project, claims, projects }: ExaminedToken): Finding {
  if (isNullish(claims.role)) return finding('role', 'ok', 'role none');
  const given = displayText(claims.role);
  const known = roles.find((each) => each === claims.role);
  if (known === undefined) return finding('role', 'notice', 'role unknown', { given });
  const role = projects.roleOf(project, known);
  return role === known
    ? finding('role', 'ok', 'role ok', { role })
    : finding('role', 'notice', 'role lowered', { given, role });
}
