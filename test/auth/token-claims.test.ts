/** Promise: of a token that is rightly signed, each claim still counts: its times, its project, its key, its bearer. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { PROJECT_ID_PATTERN } from '@chatty/protocol';
import fc from 'fast-check';
import { waitUntil } from '../support/server.js';
import {
  createAuthenticator,
  createClaims,
  PROJECT_IDS,
  PROJECT_SECRETS,
  writeToken,
} from '../support/token-server.js';

/** A moment on a whole second, so that a token can stand exactly on an edge. */
const NOW = 1_800_000_000_000;
const now = () => NOW;
const at = (seconds: number) => NOW / 1_000 + seconds;
const claims = (more: object = {}) => ({ ...createClaims('kimpga', NOW), ...more });
const signed = (more: object = {}, header?: unknown) =>
  writeToken({
    ...(header !== undefined && { header }),
    claims: claims(more),
    secret: PROJECT_SECRETS.kimpga,
  });

it('a token without exp, with an invalid exp, with one too far ahead, or used before nbf is refused (J5)', async (context) => {
  const show = await createAuthenticator(context, { now });
  const cases: [string, string, string][] = [
    ['no exp', signed({ exp: undefined }), 'token_claims'],
    ['a string', signed({ exp: String(at(60)) }), 'token_claims'],
    ['null', signed({ exp: null }), 'token_claims'],
    ['a list', signed({ exp: [at(60)] }), 'token_claims'],
    ['true', signed({ exp: true }), 'token_claims'],
    ['9e99', signed({ exp: 9e99 }), 'token_claims'],
    [
      'beyond all numbers',
      writeToken({
        claims: JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e400'),
        secret: PROJECT_SECRETS.kimpga,
      }),
      'token_claims',
    ],
    ['milliseconds', signed({ exp: NOW + 60_000 }), 'token_claims'],
    ['before iat', signed({ iat: at(20), exp: at(10) }), 'token_claims'],
    ['25 hours', signed({ exp: at(25 * 3_600) }), 'token_claims'],
    ['negative', signed({ exp: -1 }), 'token_expired'],
    ['zero', signed({ exp: 0 }), 'token_expired'],
    [
      '-1e400',
      writeToken({
        claims: JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":-1e400'),
        secret: PROJECT_SECRETS.kimpga,
      }),
      'token_expired',
    ],
  ];
  for (const [name, token, code] of cases) {
    const verdict = await show(token);
    assert.equal(verdict.ok ? 'let in' : verdict.refused.code, code, name);
  }
  assert.equal((await show(signed({ exp: at(24 * 3_600) }))).ok, true);
});

it('a clock skew of 30 s is allowed, and one of 31 s is not (J6)', async (context) => {
  const show = await createAuthenticator(context, { now });
  const cases: [string, object, string | null][] = [
    ['ended a second ago', { iat: at(-100), exp: at(-1) }, null],
    ['ended 29 s ago', { iat: at(-100), exp: at(-29) }, null],
    ['ended 31 s ago', { iat: at(-100), exp: at(-31) }, 'token_expired'],
    ['begins in 29 s', { nbf: at(29) }, null],
    ['begins in 31 s', { nbf: at(31) }, 'token_claims'],
    ['begins at no time', { nbf: 'soon' }, 'token_claims'],
    ['made in 29 s', { iat: at(29) }, null],
    ['made in 31 s', { iat: at(31) }, 'token_claims'],
    ['made at no time', { iat: 'now' }, 'token_claims'],
  ];
  for (const [name, more, code] of cases) {
    const verdict = await show(signed(more));
    assert.equal(verdict.ok ? null : verdict.refused.code, code, name);
  }
});

it('a key id is only looked up, and no URL in a token is requested (J8, S4)', async (context) => {
  const asked: string[] = [];
  const listener = createServer((request, response) => {
    asked.push(String(request.url));
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  context.after(() => listener.close());
  await waitUntil(() => listener.listening, 'the listener');
  const address = listener.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const show = await createAuthenticator(context, { now });
  const kids = [
    '../../etc/passwd',
    "' or 1=1--",
    '__proto__',
    'constructor',
    'toString',
    '',
    'FIRST',
    'first ',
    `${url}/kid`,
  ];
  for (const kid of [...kids, 0, 1, null, true, ['first'], { first: 1 }, 'k'.repeat(1_000_000)]) {
    const verdict = await show(signed({}, { alg: 'HS256', kid }));
    assert.equal(verdict.ok ? 'let in' : verdict.refused.code, 'token_invalid', String(kid).slice(0, 20));
  }
  const jwk = { kty: 'oct', k: Buffer.from(PROJECT_SECRETS.shop ?? '').toString('base64url') };
  const places = { jku: `${url}/jku`, x5u: `${url}/x5u`, jwk, x5c: [`${url}/x5c`] };
  const seen = { iss: `${url}/iss`, avatar: `${url}/avatar`, url: `${url}/url` };
  // What a token says of its keys counts for nothing, neither for it nor against it.
  const good = writeToken({
    header: { alg: 'HS256', ...places },
    claims: claims(seen),
    secret: PROJECT_SECRETS.kimpga,
  });
  assert.equal((await show(good)).ok, true);
  for (const header of [
    { alg: 'HS256', ...places },
    { alg: 'HS256', kid: 'first', jwk },
    { alg: 'RS256', ...places },
  ])
    assert.equal(
      (await show(writeToken({ header, claims: claims(seen), secret: PROJECT_SECRETS.shop }))).ok,
      false,
    );
  for (const crit of [['jku'], ['b64'], [], 'jku'])
    assert.equal((await show(signed({}, { alg: 'HS256', crit, jku: `${url}/crit` }))).ok, false);
  assert.deepEqual(asked, []);
});

it('a project is matched exactly or not at all (J10)', async (context) => {
  const show = await createAuthenticator(context, { now });
  const enter = async (projectId: unknown) => {
    const verdict = await show(
      writeToken({ claims: claims({ projectId }), secret: PROJECT_SECRETS.founding }),
    );
    return verdict.ok ? verdict.member.projectId : null;
  };
  const odd = [
    '',
    'KIMPGA',
    'Founding',
    'founding ',
    ' founding',
    'founding\0',
    'founding\n',
    'ｆounding',
    '__proto__',
    '../x',
    '.x',
    '-x',
    '*',
    'a/b',
    'é',
    'a'.repeat(65),
    'a'.repeat(300),
  ];
  for (const id of [...odd, null, undefined, 0, 7, true, [], ['founding'], {}, { toString: 'founding' }])
    assert.equal(await enter(id), null, JSON.stringify(id));
  for (const id of ['founding', 'a', '0', 'a'.repeat(64), 'a.b-c_d', 'constructor', 'tostring'])
    assert.equal(await enter(id), id);
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z0-9._\-A-Z/ ]{0,70}$/));
  await fc.assert(
    fc.asyncProperty(texts, async (id) => {
      const own = PROJECT_IDS.includes(id) && id !== 'founding';
      assert.equal(await enter(id), PROJECT_ID_PATTERN.test(id) && !own ? id : null);
    }),
    { numRuns: 1_000 },
  );
});

it('malformed claims are refused or cleaned, and never grant a role or pollute a prototype (J11, S2)', async (context) => {
  const show = await createAuthenticator(context, { now });
  const refused: [string, object][] = [
    ['a username that is an object', { username: { toString: '민수' } }],
    ['a username of 100 KB', { username: '가'.repeat(100_000) }],
    ['a username of 41 characters', { username: '가'.repeat(41) }],
    ['an empty username', { username: ' ' }],
    ['a username of nothing', { username: '\u200b\u2060\u3164' }],
    ['a user id of 129 characters', { sub: 'u'.repeat(129) }],
    ['a user id that is a list', { sub: ['u1'] }],
    ['a user id with NUL', { sub: 'u\u00001' }],
  ];
  for (const [name, more] of refused) assert.equal((await show(signed(more))).ok, false, name);
  const cleaned: [object, object][] = [
    [
      { avatar: 7, url: {}, badges: 'staff', level: '9' },
      { avatar: null, url: null, badges: [], level: null },
    ],
    [
      { avatar: 'javascript:alert(1)', url: 'data:text/html,x' },
      { avatar: null, url: null },
    ],
    [{ badges: [1, 'ok', 'x'.repeat(21), '\u202eevil', null] }, { badges: ['ok'] }],
    [{ role: 'owner' }, { role: 'member' }],
    [{ role: ['admin'] }, { role: 'member' }],
    [{ role: { admin: true } }, { role: 'member' }],
    [{ role: 'guest' }, { role: 'member' }],
    [{ level: 1e308 * 10 }, { level: null }],
  ];
  for (const [more, expected] of cleaned) {
    const verdict = await show(signed(more));
    assert.ok(verdict.ok, JSON.stringify(more));
    assert.deepEqual({ ...verdict.member, ...expected }, verdict.member, JSON.stringify(more));
  }
  const hostile = JSON.stringify(claims()).replace(
    /\}$/,
    ',"__proto__":{"role":"admin","polluted":1},"constructor":{"prototype":{"polluted":1}},"user":{"__proto__":{"id":"admin"}}}',
  );
  const verdict = await show(writeToken({ claims: hostile, secret: PROJECT_SECRETS.kimpga }));
  assert.ok(verdict.ok);
  assert.deepEqual([verdict.member.role, verdict.member.userId], ['member', 'u1']);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  for (const text of [
    'null',
    '[]',
    '"text"',
    '7',
    'true',
    '{',
    '',
    `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  ])
    assert.equal(
      (await show(writeToken({ claims: text, secret: PROJECT_SECRETS.kimpga }))).ok,
      false,
      text.slice(0, 20),
    );
});

it('a token is a bearer token that can be used again: no use consumes it (J18)', async (context) => {
  const show = await createAuthenticator(context, { now });
  const token = signed({ jti: 'only once' });
  for (const time of [1, 2]) assert.equal((await show(token)).ok, true, String(time));
});

it('a refusal does not reveal whether a project or a key exists (J19)', async (context) => {
  const show = await createAuthenticator(context, { now, unlisted: false });
  const refusals = new Set<string>();
  for (const token of [
    signed({ projectId: 'nobody' }),
    writeToken({ claims: claims({ projectId: 'nobody' }), secret: PROJECT_SECRETS.founding }),
    writeToken({ claims: claims(), secret: PROJECT_SECRETS.founding }),
    writeToken({ claims: claims(), secret: PROJECT_SECRETS.shop }),
    signed({ projectId: 'shop' }),
    signed({}, { alg: 'HS256', kid: 'second' }),
    signed({ exp: at(-3_600) }).replace(/.{8}$/, 'AAAAAAAA'),
    // The last of nobody's: times are not looked at before the signature is right.
    writeToken({ claims: claims({ projectId: 'nobody', exp: 1 }), secret: PROJECT_SECRETS.founding }),
  ]) {
    const verdict = await show(token);
    refusals.add(verdict.ok ? 'let in' : JSON.stringify(verdict.refused));
  }
  assert.equal(refusals.size, 1, [...refusals].join());
  assert.match([...refusals][0] ?? '', /token_invalid/);
});
