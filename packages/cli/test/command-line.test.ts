/** Promise: every command sends the request that its help promises, and a wrong command line is explained. */

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { runCommandLine } from '@chatty/cli';

type ReceivedRequest = { method: string | undefined; path: string | undefined; body: unknown };

/** A server that records requests and answers each with `answer`. */
async function openCommandLine(context: TestContext, { status = 200, answer = {} } = {}) {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      requests.push({
        method: request.method,
        path: request.url,
        body: text === '' ? undefined : JSON.parse(text),
      });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port } = server.address() as { port: number };
  const run = async (args: readonly string[], environment: Record<string, string> = { ADMIN_KEY: 'key' }) => {
    let output = '';
    const write = (text: string) => {
      output += text;
    };
    const exitStatus = await runCommandLine({
      args,
      environment: { CHATTY_URL: `http://127.0.0.1:${port}`, ...environment },
      folder: mkdtempSync(join(tmpdir(), 'chatty-cli-')),
      stdout: write,
      stderr: write,
    });
    return { exitStatus, output };
  };
  return { run, requests };
}

const REQUESTS: [args: string, method: string, path: string, body?: object][] = [
  ['project show a/b', 'GET', '/projects/a%2Fb'],
  ['project create a --name A', 'POST', '/projects', { id: 'a', name: 'A' }],
  ['project origins a https://a.example', 'PATCH', '/projects/a', { origins: ['https://a.example'] }],
  ['project set a guests=true', 'PATCH', '/projects/a', { settings: { guests: true } }],
  ['project expire a k never', 'PATCH', '/projects/a/secrets/k', { expiresAt: null }],
  ['project revoke a k', 'DELETE', '/projects/a/secrets/k'],
  ['project cutoff a --user u', 'POST', '/projects/a/cutoffs', { userId: 'u' }],
  ['project cutoff a --user .. --remove', 'DELETE', '/projects/a/cutoffs?userId=..'],
  ['keys list a', 'GET', '/projects/a/keys'],
  ['keys create a --name n', 'POST', '/projects/a/keys', { name: 'n' }],
  ['keys revoke a k', 'DELETE', '/projects/a/keys/k'],
  ['keys lift-sanctions a k', 'DELETE', '/projects/a/keys/k/sanctions'],
  [
    'doctor token a t --origin https://a.example',
    'POST',
    '/projects/a/doctor',
    { token: 't', origin: 'https://a.example' },
  ],
  ['doctor refusals a', 'GET', '/projects/a/refusals'],
  ['project key a --name n', 'POST', '/projects/a/keys', { name: 'n' }],
  ['project keys a', 'GET', '/projects/a/keys'],
  ['project revoke-key a k', 'DELETE', '/projects/a/keys/k'],
  ['project lift-all a k', 'DELETE', '/projects/a/keys/k/sanctions'],
];

it('each command sends its request', async (context) => {
  const { run, requests } = await openCommandLine(context);
  for (const [args, method, path, body] of REQUESTS) {
    assert.equal((await run(args.split(' '))).exitStatus, 0, args);
    assert.deepEqual(requests.pop(), { method, path: `/api/v1${path}`, body }, args);
  }
});

it('a word list is one word per line, with allowed words behind "!"', async (context) => {
  const { run, requests } = await openCommandLine(context);
  const file = join(mkdtempSync(join(tmpdir(), 'chatty-cli-')), 'words.txt');
  writeFileSync(file, 'bad\r\n\n! badge\n');
  await run(['words', 'try', 'a', file]);
  assert.deepEqual(requests[0]?.body, { words: ['bad', { word: 'badge', allowed: true }] });
});

it('wrong command lines and errors of the server are explained', async (context) => {
  const { run, requests } = await openCommandLine(context, {
    status: 409,
    answer: { message: 'It exists.' },
  });
  assert.match((await run(['--help'])).output, /keys revoke ID KEY/);
  assert.equal((await run([])).exitStatus, 1);
  assert.equal((await run(['project', 'constructor', 'a'])).exitStatus, 1);
  assert.match((await run(['project', 'expire', 'a', 'k'])).output, /needs a moment or "never"/);
  assert.match((await run(['project', 'set', 'a', 'guests=yes'])).output, /"guests=yes" is not NAME=VALUE/);
  assert.match((await run(['words', 'set', 'a', 'none.txt'])).output, /There is no file none\.txt/);
  assert.match((await run(['project', 'show', 'a'], {})).output, /ADMIN_KEY is not set/);
  assert.deepEqual(requests, []);
  assert.deepEqual(await run(['project', 'create', 'a']), { exitStatus: 1, output: 'It exists.\n' });
});
