/** Promise: the address is what the outermost trusted proxy saw, whatever the visitor wrote; one subscriber is one place. */

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { it } from 'node:test';
import fc from 'fast-check';
import { createClientAddressResolver } from '../src/http/client-address.js';
import { createLog } from '../src/runtime/logger.js';

function read(hops: number, peer: string, forwarded?: string): string | null {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const request = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  return createClientAddressResolver({ trustedHops: hops, log: createLog('silent') }).resolve(request);
}

it('only as many entries as there are trusted proxies are read, from the right (D21)', () => {
  const chain = '198.51.100.1, 198.51.100.2,203.0.113.7 ,192.0.2.1';
  assert.equal(read(0, '203.0.113.9', chain), '203.0.113.9');
  assert.equal(read(1, '10.0.0.1', chain), '192.0.2.1');
  assert.equal(read(2, '10.0.0.1', chain), '203.0.113.7');
  assert.equal(read(3, '10.0.0.1', chain), '198.51.100.2');
  // Fewer than there should be: whoever came past a proxy.
  assert.equal(read(9, '10.0.0.1', chain), '198.51.100.1');
  assert.equal(read(2, '203.0.113.9'), '203.0.113.9');
});

it('the resolved address does not depend on earlier connections (D21)', () => {
  const peer = fc.constantFrom(
    '203.0.113.7',
    '203.0.113.8',
    '127.0.0.1',
    '::1',
    '2001:db8::1',
    '',
    'nonsense',
  );
  fc.assert(
    fc.property(fc.array(peer), (peers) => {
      const addresses = createClientAddressResolver({ trustedHops: 0, log: createLog('silent') });
      for (const remoteAddress of [undefined, ...peers])
        assert.equal(
          addresses.resolve({ headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage),
          read(0, remoteAddress ?? ''),
        );
    }),
  );
});

it('entries left of the trusted proxies never change the address (D21)', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 4 }), (spoof, hops) => {
      const trusted = Array.from({ length: hops }, (_, index) => `203.0.113.${index + 1}`);
      assert.equal(read(hops, '10.0.0.1', [spoof, ...trusted].join(', ')), '203.0.113.1');
    }),
  );
});

it('all spellings of an address resolve to the same one, and an IPv6 /64 counts as one address (D21)', () => {
  for (const [written, place] of [
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:4711', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:203.0.113.7', '2001:db8:1:2::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['::8', '0:0:0:0::/64'],
  ] as const)
    assert.equal(read(1, '10.0.0.1', written), place, written);
  assert.notEqual(read(1, '10.0.0.1', '2001:db8:1:2::1'), read(1, '10.0.0.1', '2001:db8:1:3::1'));
});

it('local and private peers have no client address unless a proxy forwards one (D21)', () => {
  for (const peer of [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    'fd00::1',
    'fe80::1%eth0',
    '',
  ])
    for (const hops of [0, 1]) assert.equal(read(hops, peer), null, peer);
  for (const peer of ['127.0.0.1', '10.1.2.3']) assert.equal(read(1, peer, '203.0.113.7'), '203.0.113.7');
  for (const header of ['', ',', 'unknown']) assert.equal(read(1, '10.1.2.3', header), null, header);
  // A header cannot make a visitor of the internet one of this network.
  assert.equal(read(1, '10.1.2.3', '127.0.0.1'), '127.0.0.1');
});
