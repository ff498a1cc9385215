/** Decides from which address a request comes, as far as limits go: through how many proxies, and what counts as one place. */

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Log } from '../runtime/logger.js';

export type Addresses = {
  /**
   * The visitor's: of IPv6 its first 64 bits, which one subscriber has to choose from. Null: nobody knows it, because what
   * connects is of this machine or this network, most likely a proxy that all come through.
   */
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | null;
};

/** Loopback, link-local and private networks (RFC 1918, 3927, 4193, 4291), and what carriers and clusters share (RFC 6598). */
const INNER: [string, number, 'ipv4' | 'ipv6'][] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
];
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Some proxies add the port: `203.0.113.9:4711`, `[2001:db8::1]:4711`. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/;

/** @param hops proxies whose word is taken; what stands left of theirs in `X-Forwarded-For` anybody can have written */
export function createAddresses({ hops, log }: { hops: number; log: Log }): Addresses {
  const inner = new BlockList();
  for (const [network, bits, family] of INNER) inner.addSubnet(network, bits, family);
  let hinted = false;
  /** Where a proxy stands before the server and does not say for whom, all come from the same peer. */
  let last: { peer: string | undefined; place: string | null } = { peer: undefined, place: null };

  function placeOfPeer(peer: string | undefined): string | null {
    if (peer === last.peer) return last.place;
    const address = plain(peer ?? '');
    const known = address !== null && !inner.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    last = { peer, place: known ? placeOf(address) : null };
    return last.place;
  }

  function hint(): void {
    if (!hinted)
      log.warn(
        'a request came with X-Forwarded-For, which is not looked at: where a proxy stands before this server, set ' +
          'TRUSTED_PROXY_HOPS to the number of proxies, or all its visitors count as one address or none',
      );
    hinted = true;
  }

  return {
    of({ headers, socket }) {
      const forwarded = headers['x-forwarded-for'];
      if (hops > 0 && typeof forwarded === 'string') {
        const told = plain(fromRight(forwarded, hops));
        if (told !== null) return placeOf(told);
      } else if (forwarded !== undefined) hint();
      return placeOfPeer(socket.remoteAddress);
    },
  };
}

/** The entry at `place` from the right, or the first where there are fewer; without splitting what may be 16 KB. */
function fromRight(list: string, place: number): string {
  let end = list.length;
  let comma = list.lastIndexOf(',', end - 1);
  for (let each = 1; each < place && comma >= 0; each += 1) {
    end = comma;
    comma = end === 0 ? -1 : list.lastIndexOf(',', end - 1);
  }
  return list.slice(comma + 1, end).trim();
}

/** Without port, zone and IPv6's dress of an IPv4 address; null where it is no address. */
function plain(text: string): string | null {
  const [, six, four] = WITH_PORT.exec(text) ?? [];
  const [address = ''] = (six ?? four ?? text).split('%');
  const found = MAPPED.exec(address)?.[1] ?? address;
  return isIP(found) === 0 ? null : found;
}

function placeOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail ? tail.split(':').length + (tail.includes('.') ? 1 : 0) : 0;
  const gap = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind);
  const whole = [...groups, ...Array<string>(gap).fill('0'), ...(tail ? tail.split(':') : [])];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
