/** Promise: a release of `pg` without a part that the server uses ends the start with a sentence that names the part. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import pg from 'pg';
import { assertPgInternals } from '../src/store/postgres/pg-internals.js';

it('the installed pg has every part the server uses', () => {
  assert.doesNotThrow(() => assertPgInternals());
});

for (const [className, method] of [
  ['Query', 'submit'],
  ['Query', 'handleCommandComplete'],
  ['Connection', 'bind'],
  ['Connection', 'execute'],
] as const)
  it(`without ${className}.${method} the start fails with the expected version`, () => {
    const incomplete = {
      prototype: Object.create(pg[className].prototype, { [method]: { value: undefined } }),
    };
    assert.throws(
      () => assertPgInternals({ Query: pg.Query, Connection: pg.Connection, [className]: incomplete }),
      {
        name: 'StartError',
        message: `The installed package pg has no ${className}.${method}: this server needs pg 8.23.1. Run "npm ci".`,
      },
    );
  });

it('the expected version is the one in package.json', async () => {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
  assert.throws(
    () => assertPgInternals({ Query: { prototype: {} }, Connection: pg.Connection }),
    new RegExp(`needs pg ${manifest.dependencies.pg}\\.`),
  );
});
