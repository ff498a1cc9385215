/** Promises of the secrets kept in files. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadOrCreateSecret } from '../src/secret-file.js';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'chatty-secret-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a secret is created once, random, owner-only, and stays the same', (t) => {
  const folder = temporary(t);
  const secret = loadOrCreateSecret(join(folder, 'one'), 24);
  assert.match(secret, /^[0-9a-f]{48}$/);
  assert.equal(loadOrCreateSecret(join(folder, 'one'), 24), secret);
  assert.notEqual(loadOrCreateSecret(join(folder, 'two'), 24), secret);
  assert.equal(statSync(join(folder, 'one')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['one', 'two'], 'no draft stays');
});

test('an empty file is not accepted as a secret', (t) => {
  const file = join(temporary(t), 'empty');
  writeFileSync(file, '');
  assert.throws(() => loadOrCreateSecret(file), { name: 'StartError', message: /is empty/ });
});
