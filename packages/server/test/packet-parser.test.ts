/** Promise: any text is read as a packet or as none, and what a client encodes is read as it was meant. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { parsePacket } from '../src/transport/packet-parser.js';

const digits = fc.integer({ min: 0, max: 9 }).map(String);
const nearly = fc
  .tuple(digits, digits, fc.constantFrom('', '/', '/a,', '7', '12', '-1', ' '), fc.json())
  .map((parts) => parts.join(''));

it('no text makes the parser throw, and every result is a known kind', () => {
  const kinds = ['alive', 'leave', 'answer', 'malformed', 'connect', 'wrong namespace', 'event'];
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string(), fc.string({ unit: 'binary' })), (text) =>
      kinds.includes(parsePacket(text).type),
    ),
    { numRuns: 5_000 },
  );
});

it('an event has its name, its values and its acknowledgement id', () => {
  const number = fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER }));
  fc.assert(
    fc.property(fc.string(), fc.array(fc.jsonValue()), number, (name, values, id) => {
      const packet = parsePacket(`42${id ?? ''}${JSON.stringify([name, ...values])}`);
      const meant = JSON.parse(JSON.stringify([name, ...values]));
      assert.deepEqual(packet, { type: 'event', id, values: meant });
    }),
  );
});

it('auth is an object or absent', () => {
  const auth = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(auth, (value) => {
      const packet = parsePacket(`40${JSON.stringify(value)}`);
      assert.deepEqual(packet, { type: 'connect', auth: JSON.parse(JSON.stringify(value)) });
    }),
  );
  assert.deepEqual(parsePacket('40'), { type: 'connect', auth: undefined });
  for (const text of ['40null', '40[]', '405', '40"x"', '40true', '40{', '40 ', '401{}'])
    assert.equal(parsePacket(text).type, 'malformed', text);
});

it('a packet of another namespace yields the namespace and nothing else', () => {
  for (const text of ['40/admin', '40/admin,', '40/admin,{"token":"x"}'])
    assert.deepEqual(parsePacket(text), { type: 'wrong namespace', name: '/admin' }, text);
  for (const text of ['42/admin,["x"]', '41/admin', '43/admin,1[]'])
    assert.equal(parsePacket(text).type, 'malformed', text);
});
