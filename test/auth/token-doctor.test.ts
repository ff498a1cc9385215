/** Promise: the doctor says what the door does, and names what to change. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { DoctorReport } from '@chatty/server/testing';
import fc from 'fast-check';
import { openDoctorParts, outcomesOf, PROJECT_SECRETS, seconds, signToken } from '../support/doctor.js';

const often = <Value>(usual: Value, ...others: Value[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(...others) },
  );

const claim = (usual: unknown, ...others: unknown[]) =>
  often<unknown>(usual, undefined, null, 7, '', {}, [], ...others);
/** Offsets from now in seconds, or what is no time at all. */
const time = (usual: number, ...others: (number | string)[]) =>
  often<number | string | null>(usual, null, 'soon', ...others);

const header = fc.record({
  alg: often<unknown>('HS256', 'none', 'nOnE', 'HS512', 'RS256', '', 7, undefined),
  kid: often<unknown>(undefined, 'current', 'older', 'revoked', 'expired', 'nonesuch', '__proto__', 7, ''),
});
const claims = fc.record({
  projectId: claim('kimpga', 'plain', 'KIMPGA', 'nonesuch', '__proto__', 'kimpga '),
  username: claim('민수', '관리자', '운엉자', 'ad\u200bmin', '\u3164', '가'.repeat(41), '  민수  '),
  sub: claim('u1', 'banned', 'banned-for-now', 'kicked', 'muted', 'cut', 'a\nb', 'x'.repeat(129), 1.5),
  user: often<unknown>(
    undefined,
    'u2',
    { id: 'u3', username: '지영', avatar: 'https://a.test/b.png' },
    [],
    7,
  ),
  avatar: claim(
    'https://a.test/a.png',
    'http://a.test/a.png',
    'javascript:alert(1)',
    'https://u:p@a.test/',
    'x',
  ),
  role: claim('member', 'moderator', 'admin', 'owner'),
});
const times = fc.record({
  exp: time(3_600, -3_600, -31, -20, 90_000, 86_400, 1e13, -1e12),
  iat: time(-60, 60, 20, -10, 1e13, 7_200),
  nbf: often<number | string | null>(null, -60, 60, 20, 'soon'),
});
const damage = often<string>('none', 'flip', 'cut', 'part', 'space', 'dot', 'empty', 'bearer');
const bad = fc.record({
  header,
  claims,
  times,
  secret: often<keyof typeof PROJECT_SECRETS>('current', 'older', 'revoked', 'expired', 'shared', 'wrong'),
  damage,
  where: fc.nat(400),
  origin: often<string | undefined>(
    undefined,
    'https://kimpga.com',
    'https://evil.example',
    'null',
    'https://kimpga.com/',
    'https://plain.example',
    'x',
  ),
  project: often('kimpga', 'plain'),
});

function tokenFrom({
  header: head,
  claims: said,
  times: offsets,
  secret,
  damage: harm,
  where,
  project,
}: typeof bad extends fc.Arbitrary<infer Of> ? Of : never): string {
  const isPlain = project === 'plain';
  // The one without a record has no secret of its own.
  const signer = isPlain && secret === 'current' ? 'shared' : secret;
  const projectId = isPlain && said.projectId === 'kimpga' ? 'plain' : said.projectId;
  const moments = Object.entries(offsets)
    .filter(([, offset]) => offset !== null)
    .map(([name, offset]) => [name, typeof offset === 'number' ? seconds() + offset : offset]);
  const token = signToken(
    head,
    { ...said, projectId, ...Object.fromEntries(moments) },
    PROJECT_SECRETS[signer],
    head.alg === 'HS512' ? 'sha512' : 'sha256',
  );
  const place = where % token.length;
  const harms: Record<string, string> = {
    none: token,
    flip: `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`,
    cut: token.slice(0, place) || 'x',
    part: `${token}.x`,
    space: ` ${token}`,
    dot: `${token.split('.')[0]}..${token.split('.')[2]}`,
    empty: 'hello',
    bearer: `Bearer ${token}`,
  };
  return harms[harm] ?? token;
}

it('the doctor passes exactly the tokens that authentication accepts, with the same code (J1, J2, J5, J6, J8, J10, J11)', async (context) => {
  const { auth, permissions, doctor } = await openDoctorParts(context);
  const seen = { ok: 0, refused: new Map<string, number>(), failed: new Map<string, number>() };
  await fc.assert(
    fc.asyncProperty(fc.noBias(bad), async (drawn) => {
      // As between any two connections; without it the database would not be heard for seconds.
      await turnOfOthers();
      const token = tokenFrom(drawn);
      const project = auth.resolveProject(drawn.project);
      assert.ok(project);
      const verdict = await auth.verify({ token, origin: drawn.origin });
      const isHere = verdict.ok && verdict.member.projectId === project;
      const unread = verdict.ok ? (permissions.checkRead(verdict.member)?.code ?? null) : null;
      const code = verdict.ok ? (isHere ? unread : null) : verdict.refused.code;
      const examination = await doctor.diagnose(project, token, drawn.origin);
      assert.equal(examination.ok, isHere && unread === null);
      assert.equal(examination.code, code);
      const failed = examination.checks.filter(({ result }) => result === 'failed');
      assert.equal(failed.length === 0, examination.ok, JSON.stringify(examination, null, 1));
      assert.ok(!failed.some(({ check }) => check === 'entry'), 'each refusal has a line of its own');
      const text = JSON.stringify(examination);
      for (const part of token.split('.').filter(({ length }) => length > 12))
        assert.ok(!text.includes(part));
      assert.ok(
        !/\{\w+\}|undefined|NaN|\?\?/.test(JSON.stringify(examination.checks.map(({ advice }) => advice))),
      );
      if (examination.ok) seen.ok += 1;
      else seen.refused.set(String(code), (seen.refused.get(String(code)) ?? 0) + 1);
      for (const { outcome } of failed) seen.failed.set(outcome, (seen.failed.get(outcome) ?? 0) + 1);
    }),
    { numRuns: 10_000 },
  );
  context.diagnostic(`let in ${seen.ok}, refused ${JSON.stringify([...seen.refused])}`);
  context.diagnostic(`failed ${JSON.stringify([...seen.failed])}`);
  assert.ok(seen.ok > 500 && seen.failed.size >= 29, `${seen.ok} ${seen.failed.size}`);
});

it('each problem gets its own finding, also when there are several', async (context) => {
  const { auth, doctor } = await openDoctorParts(context);
  const good = () => ({
    projectId: 'kimpga',
    username: '민수',
    sub: 'u1',
    iat: seconds() - 60,
    exp: seconds() + 3_600,
  });
  const look = async (
    head: object,
    more: object,
    secret: keyof typeof PROJECT_SECRETS = 'current',
    origin?: string,
  ) => {
    const project = auth.resolveProject('kimpga');
    assert.ok(project);
    return doctor.diagnose(
      project,
      signToken({ alg: 'HS256', ...head }, { ...good(), ...more }, PROJECT_SECRETS[secret]),
      origin,
    );
  };
  const cases: [string, Promise<DoctorReport>][] = [
    ['signature ok', look({}, {})],
    ['key ok', look({ kid: 'current' }, {})],
    ['key revoked', look({ kid: 'revoked' }, {}, 'revoked')],
    ['key expired', look({ kid: 'expired' }, {}, 'expired')],
    ['key unknown', look({ kid: 'nonesuch' }, {})],
    ['signature no_match', look({}, {}, 'shared')],
    ['algorithm refused', look({ alg: 'none' }, {})],
    ['project other', look({}, { projectId: 'othershop' })],
    ['project missing', look({}, { projectId: undefined })],
    ['issued none', look({}, { iat: undefined })],
    ['issued future', look({}, { iat: seconds() + 600 })],
    ['issued not_yet', look({}, { nbf: seconds() + 600 })],
    ['expiry expired', look({}, { exp: seconds() - 600 })],
    ['expiry forgiven', look({}, { exp: seconds() - 20 })],
    ['expiry missing', look({}, { exp: undefined })],
    ['expiry no_time', look({}, { exp: Date.now() + 3_600_000 })],
    ['expiry before_issue', look({}, { iat: seconds() + 10, exp: seconds() + 5 })],
    ['lifetime too_far', look({}, { exp: seconds() + 90_000 })],
    ['name wrong', look({}, { username: '\u200b' })],
    ['name cleaned', look({}, { username: ' 민수 ' })],
    ['name reserved', look({}, { username: 'аdmin' })],
    ['name marked', look({}, { username: '운엉자' })],
    ['name ok', look({}, { username: '관리자', role: 'moderator' })],
    ['user wrong', look({}, { sub: 1.5 })],
    ['user name', look({}, { sub: undefined })],
    ['avatar ok', look({}, { avatar: 'https://a.test/a.png' })],
    ['avatar no_https', look({}, { avatar: 'http://a.test/a.png' })],
    ['avatar no_https', look({}, { avatar: 'http://localhost/a.png' })],
    ['avatar no_address', look({}, { avatar: '/a.png' })],
    ['avatar credentials', look({}, { avatar: 'https://u:p@a.test/a.png' })],
    ['avatar no_text', look({}, { avatar: 7 })],
    ['avatar too_long', look({}, { avatar: `https://a.test/${'a'.repeat(2_100)}` })],
    ['role lowered', look({}, { role: 'admin' })],
    ['role unknown', look({}, { role: 'owner' })],
    ['cutoff cut_off', look({}, { sub: 'cut' })],
    ['exclusion banned', look({}, { sub: 'banned' })],
    ['exclusion banned_until', look({}, { sub: 'banned-for-now' })],
    ['exclusion kicked', look({}, { sub: 'kicked' })],
    ['writing muted', look({}, { sub: 'muted' })],
    ['origin ok', look({}, {}, 'current', 'https://kimpga.com')],
    ['origin not_allowed', look({}, {}, 'current', 'https://evil.example')],
    ['origin form', look({}, {}, 'current', 'https://kimpga.com/')],
    ['origin form', look({}, {}, 'current', 'https://$(x)')],
    ['origin null', look({}, {}, 'current', 'null')],
  ];
  for (const [outcome, examination] of cases)
    assert.ok(
      outcomesOf(await examination).includes(outcome as never),
      `${outcome}: ${outcomesOf(await examination)}`,
    );
  const many = await look(
    {},
    { exp: seconds() - 600, username: '', avatar: 'x' },
    'wrong',
    'https://evil.example',
  );
  const failed = many.checks.filter(({ result }) => result === 'failed').map(({ check }) => check);
  assert.deepEqual(failed, ['signature', 'expiry', 'name', 'origin']);
});
