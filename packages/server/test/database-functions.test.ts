/** Promise: a changed database function has a new version, so that a server of an older release does not undo it. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { FUNCTIONS_VERSION, readFunctionFiles } from '../src/store/postgres/database-functions.js';

/** The texts of the current version. */
const EXPECTED = { version: 1, hash: '37f1b62987254d92f3424413eb39ceb9da30689af4e9c6345ba01114cef25967' };

it('a change of functions/*.sql raises FUNCTIONS_VERSION', async () => {
  const files = await readFunctionFiles();
  const hash = createHash('sha256')
    .update(files.map((file) => `${file.name} ${file.hash}\n`).join(''))
    .digest('hex');
  assert.deepEqual(
    { version: FUNCTIONS_VERSION, hash },
    EXPECTED,
    'raise FUNCTIONS_VERSION and enter the new version and hash here',
  );
});
