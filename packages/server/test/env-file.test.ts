/** Promise: the server reads `.env` like Docker Compose, or names the lines that it rejects. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { type Environment, readConfig } from '../src/config/config.js';
import { parseEnvFile } from '../src/config/env-file.js';
import { loadEnvironment } from '../src/config/environment.js';

const SECRET = 'a-secret-of-the-tests-with-enough-bytes';
const parse = (text: string | Uint8Array) =>
  parseEnvFile(typeof text === 'string' ? new TextEncoder().encode(text) : text);

function valuesOf(text: string) {
  const { entries, errors: faults } = parse(text);
  assert.deepEqual(faults, [], JSON.stringify(text));
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

/** Loads a `.env` file of a folder of its own. */
function load(context: TestContext, text: string | Uint8Array, environment: Environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'chatty-env-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, '.env'), text);
  return loadEnvironment(folder, environment);
}

it('a # starts a comment only after a blank and outside quotes', () => {
  // The first seven lines are the fixture of Compose's own parser.
  const text = `# Full line comment
qux=thud # fred # other
thud=fred#qux # other
fred=qux#baz # other
foo=bar # baz
bar=foo#baz
baz="foo"#bar
a="b # c" # d
e='f # g'
h=#i
k=
`;
  assert.deepEqual(valuesOf(text), {
    ...{ qux: 'thud', thud: 'fred#qux', fred: 'qux#baz', foo: 'bar', bar: 'foo#baz', baz: 'foo' },
    ...{ a: 'b # c', e: 'f # g', h: '#i', k: '' },
  });
});

it('a byte order mark, CRLF, export, colons, blanks and quoted line breaks are parsed', () => {
  assert.deepEqual(valuesOf('\ufeffA=1\r\nexport B=2\r\n  C = 3  \r\nD: 4\r\nE\r\nexport F\r\n'), {
    ...{ A: '1', B: '2', C: '3', D: '4' },
  });
  assert.deepEqual(valuesOf(`A="one\ntwo"\nB='it\\'s \\n $x'\nC="\\"q\\"\\t\\\\n\\d"\nD=ab"c'd`), {
    ...{ A: 'one\ntwo', B: "it's \\n $x", C: '"q"\t\\n\\d', D: `ab"c'd` },
  });
});

it('lines that Compose would read differently are refused with their line numbers, all at once', () => {
  const { errors: faults } = parse(
    [
      'GOOD=1',
      'JWT SECRET=a',
      'A=pa$word',
      'B="$word"',
      'C="x" y',
      'D= # later',
      'just words',
      '"E"=1',
      "F='open",
      'G=2',
    ].join('\n'),
  );
  assert.deepEqual(
    faults.map((fault) => fault.replace(/: .*/, '')),
    ['line 2', 'line 3', 'line 4', 'line 5', 'line 6', 'line 7', 'line 8', 'line 9'],
  );
  assert.match(faults[1] ?? '', /A has a \$.*single quotes/);
  assert.match(faults[7] ?? '', /F has an opening quote and no closing one/);
  for (const bytes of [Buffer.from('\ufeffA=1\n', 'utf16le'), Buffer.from([0x41, 0x3d, 0xff])])
    assert.match(parse(bytes).errors.join(), /UTF-8/);
});

it('any text in single quotes, and any line without quotes, is read unchanged', () => {
  const secrets = [
    'Zk9#mQ2vT7x!Lw4pR8s',
    'a\\b\\n',
    '=a==',
    ':x',
    '`id`',
    'ü 한글',
    'a  b',
    '#',
    '&;|<>*?()',
  ];
  for (const secret of secrets) {
    assert.deepEqual(valuesOf(`A=${secret}`), { A: secret });
    assert.deepEqual(valuesOf(`A='${secret}$x'`), { A: `${secret}$x` });
    assert.deepEqual(valuesOf(`A="${secret.replace(/[\\"]/g, '\\$&')}"`), { A: secret });
  }
});

it('reading is linear in the file size', () => {
  for (const text of [' '.repeat(200_000), `A=${' '.repeat(200_000)}x`, `A="${'\\'.repeat(200_000)}`]) {
    const before = process.cpuUsage();
    parse(`${text}\n`);
    const { user } = process.cpuUsage(before);
    assert.ok(user < 500_000, `${user} µs`);
  }
});

it('the environment takes precedence, the last of two lines wins, and unknown names get a suggestion', (context) => {
  const { environment, warnings } = load(
    context,
    'PORT=1\nPORT=2\nHOST=file\nSEND_PER_SECONDS=3\nDB_USER=me\nMINE=1\nKIMPGA_PORT=1\njwt_secret=a\n',
    { HOST: 'here', HOME: '/root', JWT_SECRTE: 'a' },
  );
  assert.deepEqual([environment.PORT, environment.HOST], ['2', 'here']);
  assert.deepEqual(warnings, [
    'PORT is set in lines 1 and 2 of .env. The last one applies.',
    'SEND_PER_SECONDS in line 4 of .env is not a known setting. Did you mean SEND_PER_SECOND?',
    'DB_USER in line 5 of .env is not a known setting. Did you mean POSTGRES_USER?',
    'MINE in line 6 of .env is not a known setting.',
    'jwt_secret in line 8 of .env is not a known setting. Did you mean JWT_SECRET?',
    'JWT_SECRTE in the environment is not a known setting. Did you mean JWT_SECRET?',
  ]);
});

it('a former setting name stops the start with the current name', (context) => {
  const { environment, warnings } = load(context, 'UNLISTED_PROJECTS=refuse\nSTRANGERS=\n', {
    JWT_SECRET: SECRET,
    SECRETS_KEY: 'k'.repeat(40),
  });
  assert.deepEqual(warnings, []);
  const read = readConfig(environment);
  assert.deepEqual(read.ok ? [] : read.errors, [
    'SECRETS_KEY was renamed to SECRETS_ENCRYPTION_KEY. Set SECRETS_ENCRYPTION_KEY instead.',
    'UNLISTED_PROJECTS was renamed to UNREGISTERED_PROJECTS. Set UNREGISTERED_PROJECTS instead.',
  ]);
});

it('variables of the PostgreSQL client are also read from the file', (context) => {
  const own: Environment = { PGAPPNAME: 'here' };
  load(context, 'PGSSLMODE=require\nPGAPPNAME=file\n', own);
  assert.deepEqual(own, { PGSSLMODE: 'require', PGAPPNAME: 'here' });
});

it('a refused file fails the start and lists its lines; without a file only the environment is used', (context) => {
  assert.throws(() => load(context, 'A=1\nB="\n'), /\.env cannot be read:\n {2}line 2: B/);
  assert.deepEqual(loadEnvironment('/nowhere', { A: '1' }), { environment: { A: '1' }, warnings: [] });
});

it('a secret with extra characters around it is used unchanged, and the start logs a warning', () => {
  const around: [string, RegExp][] = [
    [`${SECRET}\n`, /JWT_SECRET has a line feed after it/],
    [`${SECRET}\r`, /JWT_SECRET has a carriage return after it/],
    [`"${SECRET}"`, /JWT_SECRET has quotes around it/],
    [`'${SECRET}'\n`, /JWT_SECRET has quotes around it/],
    [` ${SECRET}`, /JWT_SECRET has a space before it/],
    [`\ufeff${SECRET}`, /JWT_SECRET has a byte order mark before it/],
    [`${SECRET}\u200b`, /JWT_SECRET has an invisible character after it/],
  ];
  for (const [secret, expected] of around) {
    const read = readConfig({ JWT_SECRET: secret });
    assert.ok(read.ok);
    assert.equal(read.config.jwtSecret, secret);
    assert.match(read.warnings.join(), expected);
  }
  const plain = readConfig({ JWT_SECRET: SECRET });
  assert.deepEqual(plain.ok && plain.warnings, []);
  const blank = readConfig({ JWT_SECRET: '\r\n' });
  assert.match(blank.ok ? '' : blank.errors.join(), /^JWT_SECRET is missing/);
});

it('an admin key that no HTTP header can carry is trimmed or refused', () => {
  const key = 'k'.repeat(40);
  for (const given of [`${key}\n`, ` ${key}\r\n`, `\ufeff${key}`]) {
    const read = readConfig({ JWT_SECRET: SECRET, ADMIN_KEY: given });
    assert.ok(read.ok && read.config.adminKey === key, JSON.stringify(given));
    assert.match(read.warnings.join(), /^ADMIN_KEY has/);
  }
  const inner = readConfig({ JWT_SECRET: SECRET, ADMIN_KEY: `${key}\n${key}` });
  assert.match(inner.ok ? '' : inner.errors.join(), /^ADMIN_KEY contains/);
});

it('every other setting is trimmed of blanks and line ends, and refused in quotes', () => {
  const settings = {
    ...{
      NODE_ENV: 'production',
      PORT: '0',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      DB_HOST: 'db',
      DB_PORT: '5',
    },
    ...{
      POSTGRES_USER: 'me',
      POSTGRES_DB: 'chatty',
      UNREGISTERED_PROJECTS: 'refuse',
      GUEST_PROJECTS: 'a, b',
    },
    ...{
      ALLOWED_ORIGINS: 'https://kimpga.com ,https://a.b',
      TOKEN_MAX_HOURS: '5',
      PROJECT_EVENTS_PER_SECOND: '7',
    },
  };
  const clean = readConfig({ JWT_SECRET: SECRET, ...settings });
  assert.ok(clean.ok);
  for (const [name, value] of Object.entries(settings)) {
    for (const [before, after] of [
      ['', '\n'],
      ['', '\r'],
      [' ', '\t'],
      ['\ufeff', '\u00a0'],
    ] as const)
      assert.deepEqual(
        readConfig({ JWT_SECRET: SECRET, ...settings, [name]: before + value + after }),
        clean,
        name,
      );
    for (const quoted of [`"${value}"`, `'${value}'\r`]) {
      const read = readConfig({ JWT_SECRET: SECRET, ...settings, [name]: quoted });
      assert.match(read.ok ? '' : read.errors.join(), new RegExp(`^${name} has quotes around it`), name);
    }
  }
});

it('a misspelled NODE_ENV does not turn production off, and an origin with a slash gets a suggestion', () => {
  for (const value of ['Production', 'prod', 'PRODUCTION']) {
    const read = readConfig({ JWT_SECRET: SECRET, NODE_ENV: value });
    assert.match(read.ok ? '' : read.errors.join(), /^NODE_ENV must be written production/);
  }
  const staging = readConfig({ JWT_SECRET: SECRET, NODE_ENV: 'staging' });
  assert.match(staging.ok ? staging.warnings.join() : '', /^NODE_ENV is "staging", not production/);
  for (const origin of [
    'https://kimpga.com/',
    'HTTPS://kimpga.com',
    'https://kimpga.com:443',
    'https://kimpga.com/chat',
  ]) {
    const read = readConfig({ JWT_SECRET: SECRET, ALLOWED_ORIGINS: origin });
    assert.match(read.ok ? '' : read.errors.join(), /did you mean "https:\/\/kimpga\.com"\?/, origin);
  }
});
