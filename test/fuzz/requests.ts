/** Decides which HTTP requests a fuzzing client sends: polling, upgrades and headers as they once broke servers. */

import { openPollingSession, pollingRequest, sendRawRequest } from '../support/raw/http.js';
import { openRawSocket } from '../support/raw/websocket.js';
import { encodeFrame } from '../support/raw/websocket-frames.js';
import type { Random } from './grammar.js';
import { createWellFormedPacket, SEED_PACKETS } from './grammar.js';

const ODD_QUERIES = [
  'EIO=4&transport=__proto__', // CVE-2023-31125
  'EIO=4&transport=constructor',
  'EIO=4&transport=webtransport',
  'EIO=4&transport=polling&transport=websocket',
  'EIO=4',
  'EIO=3&transport=polling',
  'EIO[]=4&transport[]=polling',
  'transport=polling',
  'EIO=4&transport=polling&sid=__proto__', // CVE-2026-102600, CVE-2026-59724
  'EIO=4&transport=polling&sid=constructor',
  'EIO=4&transport=polling&sid=',
  'EIO=4&transport=polling&sid=toString&sid=x',
  'EIO=4&transport=polling&j=0',
  `EIO=4&transport=polling&t=${'a'.repeat(4_000)}`,
  '%',
  '',
];
const ODD_HEADERS = [
  'Upgrade: websocket',
  'Upgrade: __proto__',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 99',
  'Sec-WebSocket-Key: short',
  'Sec-WebSocket-Extensions: constructor; __proto__=1, permessage-deflate; server_max_window_bits=99', // ws 2016
  `Sec-WebSocket-Protocol: ${' '.repeat(5_000)}x`, // CVE-2021-32640
  'Origin: null',
  'Expect: 100-continue',
  'Transfer-Encoding: chunked',
  'Content-Type: application/octet-stream', // CVE-2026-59725
  'Cookie: io=__proto__; =; ;;;',
];
/** Some of these rightly wait for more, as a poll does; then the client hangs up after this many milliseconds. */
const RESPONSE_TIMEOUT_MS = 200;
/** One more than Node's limit of headers in a request. */
const MANY_HEADERS = Array.from({ length: 2_001 }, (_, index) => `x-${index}: 1`); // CVE-2024-37890

/** An odd request without a session. */
function sendStrayRequest(url: string, random: Random): Promise<unknown> {
  const headers = Array.from({ length: random.integerBelow(5) }, () => random.pick(ODD_HEADERS));
  return sendRawRequest(
    url,
    pollingRequest(url, {
      method: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']),
      query: random.pick(ODD_QUERIES),
      headers: [...(random.integerBelow(10) === 0 ? MANY_HEADERS : headers), 'Connection: close'],
      ...(random.integerBelow(2) === 0 ? { body: random.pick(SEED_PACKETS) } : {}),
    }),
    RESPONSE_TIMEOUT_MS,
  );
}

/** A polling session that says what it should not. Its requests close their connections, so that each has an end. */
async function sendPollingSession(url: string, random: Random): Promise<void> {
  const query = `EIO=4&transport=polling&sid=${await openPollingSession(url)}`;
  const bodies = [
    `40{}\x1e${createWellFormedPacket(random)}`,
    `${random.pick(SEED_PACKETS)}\x1e${random.pick(SEED_PACKETS)}`,
    '\x1e\x1e\x1e',
    '4:40{}',
    'b'.repeat(70_000),
  ];
  const headers = ['Connection: close'];
  if (random.integerBelow(4) === 0) headers.push('Content-Type: application/octet-stream');
  await sendRawRequest(
    url,
    pollingRequest(url, { method: 'POST', query, body: random.pick(bodies), headers }),
    RESPONSE_TIMEOUT_MS,
  );
  // Two polls at once are against the protocol.
  const poll = pollingRequest(url, { query, headers: ['Connection: close'] });
  await Promise.all([
    sendRawRequest(url, poll, RESPONSE_TIMEOUT_MS),
    sendRawRequest(url, poll, RESPONSE_TIMEOUT_MS),
  ]);
}

/** An upgrade of a polling session that speaks another version, or breaks off (CVE-2026-102599, CVE-2022-41940). */
async function sendOddUpgrade(url: string, random: Random): Promise<void> {
  const sid = await openPollingSession(url);
  const version = random.pick(['EIO=3&', '', 'EIO=4&', 'EIO=__proto__&']);
  const headers = random.integerBelow(3) === 0 ? [random.pick(ODD_HEADERS)] : [];
  const key = random.integerBelow(4) === 0 ? { key: 'short' } : {};
  const path = `/socket.io/?${version}transport=websocket&sid=${sid}`;
  const socket = await openRawSocket(url, { path, headers, ...key });
  socket.writeBytes(
    Buffer.concat([
      encodeFrame('2probe'),
      encodeFrame('5'),
      encodeFrame('2'),
      encodeFrame(random.pick(SEED_PACKETS)),
    ]),
  );
  await socket.waitFor(({ received }) => received > 0, RESPONSE_TIMEOUT_MS);
  socket.resetConnection();
}

export async function sendOddRequest(url: string, random: Random): Promise<void> {
  const kind = random.integerBelow(4);
  if (kind === 0) await sendPollingSession(url, random);
  else if (kind === 1) await sendOddUpgrade(url, random);
  else await sendStrayRequest(url, random);
}
