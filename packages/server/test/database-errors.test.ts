/** Promise: preparing the database is repeated after an error that passes, and only then. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTransient } from '../src/store/postgres/database-errors.js';

const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('isTransient', () => {
  for (const code of [
    'ECONNREFUSED',
    'ECONNRESET',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    '08003',
    '08006',
    '57P01',
    '57P03',
    '53300',
  ])
    it(`${code} is transient`, () => assert.equal(isTransient(withCode(code)), true));

  for (const message of [
    'Connection terminated unexpectedly',
    'timeout expired',
    'Client was closed and is not queryable',
  ])
    it(`"${message}" is transient`, () => assert.equal(isTransient(new Error(message)), true));

  for (const code of ['28P01', '3D000', '42501', '42601', 'EACCES'])
    it(`${code} is permanent`, () => assert.equal(isTransient(withCode(code)), false));

  it('several addresses that failed are transient if one of them is', () => {
    assert.equal(isTransient(new AggregateError([withCode('EACCES'), withCode('EPIPE')])), true);
    assert.equal(isTransient(new AggregateError([withCode('EACCES')])), false);
  });

  it('an error without a code, or no error, is permanent', () => {
    assert.equal(isTransient(new Error('out of cheese')), false);
    assert.equal(isTransient(undefined), false);
  });
});
