/** Decides which HTTP requests a fuzzing client sends: polling, upgrades and headers as they once broke servers. */

import { openPolling, pollingRequest, sendRaw } from '../support/raw/http.js';
import { openRaw } from '../support/raw/websocket.js';
import { frame } from '../support/raw/websocket-frames.js';
import type { Random } from './grammar.js';
import { gentle, PACKETS } from './grammar.js';

const QUERIES = [
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
const HEADERS = [
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
const PATIENCE = 200;
/** One more than Node's limit of headers in a request. */
const MANY_HEADERS = Array.from({ length: 2_001 }, (_, index) => `x-${index}: 1`); // CVE-2024-37890

/** An odd request without a session. */
function stray(url: string, random: Random): Promise<unknown> {
  const headers = Array.from({ length: random.below(5) }, () => random.pick(HEADERS));
  return sendRaw(
    url,
    pollingRequest(url, {
      method: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']),
      query: random.pick(QUERIES),
      headers: [...(random.below(10) === 0 ? MANY_HEADERS : headers), 'Connection: close'],
      ...(random.below(2) === 0 ? { body: random.pick(PACKETS) } : {}),
    }),
    PATIENCE,
  );
}

/** A polling session that says what it should not. Its requests close their connections, so that each has an end. */
async function session(url: string, random: Random): Promise<void> {
  const query = `EIO=4&transport=polling&sid=${await openPolling(url)}`;
  const bodies = [
    `40{}\x1e${gentle(random)}`,
    `${random.pick(PACKETS)}\x1e${random.pick(PACKETS)}`,
    '\x1e\x1e\x1e',
    '4:40{}',
    'b'.repeat(70_000),
  ];
  const headers = ['Connection: close'];
  if (random.below(4) === 0) headers.push('Content-Type: application/octet-stream');
  await sendRaw(
    url,
    pollingRequest(url, { method: 'POST', query, body: random.pick(bodies), headers }),
    PATIENCE,
  );
  // Two polls at once are against the protocol.
  const poll = pollingRequest(url, { query, headers: ['Connection: close'] });
  await Promise.all([sendRaw(url, poll, PATIENCE), sendRaw(url, poll, PATIENCE)]);
}

/** An upgrade of a polling session that speaks another version, or breaks off (CVE-2026-102599, CVE-2022-41940). */
async function upgrade(url: string, random: Random): Promise<void> {
  const sid = await openPolling(url);
  const version = random.pick(['EIO=3&', '', 'EIO=4&', 'EIO=__proto__&']);
  const headers = random.below(3) === 0 ? [random.pick(HEADERS)] : [];
  const key = random.below(4) === 0 ? { key: 'short' } : {};
  const path = `/socket.io/?${version}transport=websocket&sid=${sid}`;
  const socket = await openRaw(url, { path, headers, ...key });
  socket.write(Buffer.concat([frame('2probe'), frame('5'), frame('2'), frame(random.pick(PACKETS))]));
  await socket.when(({ received }) => received > 0, PATIENCE);
  socket.reset();
}

export async function oddRequest(url: string, random: Random): Promise<void> {
  const kind = random.below(4);
  if (kind === 0) await session(url, random);
  else if (kind === 1) await upgrade(url, random);
  else await stray(url, random);
}
