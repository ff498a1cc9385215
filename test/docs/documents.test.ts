/** Promise: the documents match the code: settings, codes, events, links, file names, token examples. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { refusalCodes } from '@chatty/protocol';
import { EXAMPLE_SECRET, readConfig } from '@chatty/server';
import { environmentSettings, projectSettingsSchema, roomRulesSchema } from '@chatty/server/testing';
import { jwtVerify } from 'jose';
import { createTemporaryFolder, SECRET } from '../support/server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const rows = (text: string) =>
  [...text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, name, rest]) => [name, rest]);

it('docs/operate/configuration.md lists exactly the existing settings, with their defaults', () => {
  const expected = environmentSettings.map(({ name, fallback, about }) => [
    name,
    `${fallback ? `\`${fallback}\`` : ''} | ${about}`,
  ]);
  assert.deepEqual(rows(read('docs/operate/configuration.md')), expected);
});

for (const [file, title, table] of [
  ['docs/operate/projects.md', 'Settings', projectSettingsSchema],
  ['docs/operate/moderation.md', 'Rules of a room', roomRulesSchema],
] as const)
  it(`${file} lists exactly the existing entries under "${title}"`, () => {
    const entries: [string, { fallback: unknown; description: string }][] = Object.entries(table);
    const expected = entries.map(([name, { fallback, description }]) => [
      name,
      `${fallback === null || `${fallback}` === '' ? '' : `\`${fallback}\``} | ${description}`,
    ]);
    assert.deepEqual(rows(read(file).split(`## ${title}`)[1]?.split('\n## ')[0] ?? ''), expected);
  });

it('docs/reference/errors.md lists exactly the existing codes', () => {
  const expected = Object.entries(refusalCodes).map(([code, { retry, message }]) => [
    code,
    `${retry} | ${message}`,
  ]);
  assert.deepEqual(rows(read('docs/reference/errors.md')), expected);
});

it('docs/reference/protocol.md lists exactly the existing wire events', () => {
  const source = read('packages/protocol/src/events.ts');
  const body = (name: string) => source.split(`export type ${name} = {`)[1]?.split('\n};')[0] ?? '';
  const events = (name: string) =>
    [...body(name).matchAll(/^ {2}'?([a-z ]+)'?: \(/gm)].map(([, event]) => event);
  const page = read('docs/reference/protocol.md');
  const section = (title: string) =>
    rows(page.split(`## ${title}`)[1]?.split('\n## ')[0] ?? '').map(([name]) => name);
  assert.ok(events('ServerEvents').length >= 4);
  assert.deepEqual(section('Events from the server'), events('ServerEvents'));
  assert.deepEqual(section('Events from the client'), events('ClientEvents'));
});

/** Folders whose contents are not under version control. */
const GENERATED = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return GENERATED.has(entry.name) ? [] : filesBelow(path);
    return [path];
  });
}

const files = filesBelow('');
const pages = files.filter((file) => file.endsWith('.md'));

/** Anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/```.*?```/gs, '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it('links between documents lead to existing files and headings', () => {
  let count = 0;
  for (const page of pages)
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      count += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(root, file)), `${page}: ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(read(file)).includes(anchor), `${page}: ${target}`);
    }
  assert.ok(count >= 100, `${count} links`);
});

it('documents name only existing source files', () => {
  let count = 0;
  for (const page of pages)
    for (const [, name = ''] of read(page).matchAll(/`([\w./*@-]+\.(?:tsx?|mjs|sql))`/g)) {
      count += 1;
      const pattern = name.replace(/[.+?^$()|[\]{}]/g, '\\$&').replaceAll('*', '[^/]*');
      const file = new RegExp(`(^|/)${pattern}$`);
      assert.ok(
        files.some((each) => file.test(each)),
        `${page}: ${name}`,
      );
    }
  assert.ok(count >= 100, `${count} names`);
});

it('docs/contributing/architecture.md names the files a message passes', () => {
  const steps = [...read('docs/contributing/architecture.md').matchAll(/`(packages\/[^`]+\.tsx?)`/g)];
  assert.ok(steps.length >= 10, `${steps.length} files`);
});

it('docs/contributing/decisions/README.md lists every decision with its title', () => {
  const folder = 'docs/contributing/decisions';
  const index = read(`${folder}/README.md`);
  const decisions = readdirSync(join(root, folder)).filter((name) => /^\d{4}-/.test(name));
  assert.ok(decisions.length >= 25);
  for (const name of decisions) {
    const title = read(`${folder}/${name}`)
      .split('\n')[0]
      ?.replace(/^# \d+\. /, '');
    assert.ok(index.includes(`[${title}](${name})`), name);
  }
});

it('.env.example has the seven settings of the contract, and production refuses its secret (J4, S6)', () => {
  const names = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  assert.deepEqual(names, [
    'POSTGRES_USER',
    'POSTGRES_PASSWORD',
    'POSTGRES_DB',
    'DB_HOST',
    'DB_PORT',
    'JWT_SECRET',
    'PORT',
  ]);
  assert.ok(read('.env.example').includes(`JWT_SECRET=${EXAMPLE_SECRET}`));
  const result = readConfig({ NODE_ENV: 'production', JWT_SECRET: EXAMPLE_SECRET });
  assert.match(result.ok ? '' : result.errors.join(), /^JWT_SECRET/);
});

/** How each language runs its example; one that is not on the machine is named and left out, Node is always there. */
const languages: Record<string, (code: string, folder: string) => { command: string; values: string[] }> = {
  js: (code, folder) =>
    write(
      folder,
      'a.mjs',
      `${code}\nconsole.log(chatToken(process.argv[2], { id: 'u1', name: '민수' }))`,
      process.execPath,
    ),
  python: (code, folder) =>
    write(
      folder,
      'a.py',
      `${code}\nimport sys\nprint(chat_token(sys.argv[1], {"id": "u1", "name": "민수"}))`,
      'python3',
    ),
  php: (code, folder) =>
    write(
      folder,
      'a.php',
      `<?php\n${code}\necho chat_token($argv[1], ['id' => 'u1', 'name' => '민수']);`,
      'php',
    ),
  java: (code, folder) =>
    write(
      folder,
      'A.java',
      `class A {\n${code}\npublic static void main(String[] a) throws Exception { System.out.println(chatToken(a[0], "u1", "민수")); } }`,
      'java',
      ['-Dfile.encoding=UTF-8'],
    ),
};

function write(folder: string, name: string, text: string, command: string, flags: string[] = []) {
  const file = join(folder, name);
  writeFileSync(file, text);
  return { command, values: [...flags, file, SECRET] };
}

it('the token examples of docs/embed/quick-start.md create valid tokens', {
  timeout: 60_000,
}, async (context) => {
  const folder = createTemporaryFolder();
  const [, signing = ''] = read('docs/embed/quick-start.md').split('\n## ');
  const examples = [...signing.matchAll(/```(js|python|php|java)\n([\s\S]*?)```/g)];
  assert.equal(examples.length, 4);
  const ran: string[] = [];
  for (const [, language = '', code = ''] of examples) {
    const { command, values } = languages[language]?.(code, folder) ?? {
      command: '',
      values: [],
    };
    if (spawnSync(command, [language === 'java' ? '-version' : '--version']).status !== 0) {
      context.diagnostic(`${language} is not on this machine`);
      continue;
    }
    const { stdout, stderr } = spawnSync(command, values, { encoding: 'utf8' });
    const { payload } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
    }).catch((error) => {
      throw new Error(`${language}: ${error} ${stderr}`);
    });
    assert.deepEqual([payload.projectId, payload.sub, payload.username], ['kimpga', 'u1', '민수'], language);
    ran.push(language);
  }
  assert.ok(ran.includes('js'));
});
