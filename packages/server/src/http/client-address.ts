/** Decides from which address a request comes, as far as limits go: through how many proxies, and what counts as one place. */

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Log } from '../runtime/logger.js';

export type ClientAddressResolver = {
  /**
   * The visitor's: of IPv6 its first 64 bits, which one subscriber has to choose from. Null: nobody knows it, because what
   * connects is of this machine or this network, most likely a proxy that all come through.
   */
  resolve(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | null;
};

/** Loopback, link-local and private networks (RFC 1918, 3927, 4193, 4291), and what carriers and clusters share (RFC 6598). */
const PRIVATE_NETWORKS: [string, number, 'ipv4' | 'ipv6'][] = [
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
const IPV4_MAPPED_PATTERN = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** Some proxies add the port: `203.0.113.9:4711`, `[2001:db8::1]:4711`. */
const ADDRESS_WITH_PORT_PATTERN = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/;

/** @param hops proxies whose word is taken; what stands left of theirs in `X-Forwarded-For` anybody can have written */
export function createClientAddressResolver({
  trustedHops,
  log,
}: {
  trustedHops: number;
  log: Log;
}): ClientAddressResolver {
  const privateNetworks = new BlockList();
  for (const [network, bits, family] of PRIVATE_NETWORKS) privateNetworks.addSubnet(network, bits, family);
  let hasWarned = false;
  /** Where a proxy stands before the server and does not say for whom, all come from the same peer. */
  let lastPeer: { peer: string | undefined; network: string | null } = { peer: undefined, network: null };

  function networkOfPeer(peer: string | undefined): string | null {
    if (peer === lastPeer.peer) return lastPeer.network;
    const address = normalizeAddress(peer ?? '');
    const isPublic = address !== null && !privateNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    lastPeer = { peer, network: isPublic ? networkOf(address) : null };
    return lastPeer.network;
  }

  function warnOnceAboutIgnoredHeader(): void {
    if (!hasWarned)
      log.warn(
        'a request came with X-Forwarded-For, which is not looked at: where a proxy stands before this server, set ' +
          'TRUSTED_PROXY_HOPS to the number of proxies, or all its visitors count as one address or none',
      );
    hasWarned = true;
  }

  return {
    resolve({ headers, socket }) {
      const forwarded = headers['x-forwarded-for'];
      if (trustedHops > 0 && typeof forwarded === 'string') {
        const forwardedAddress = normalizeAddress(entryFromRight(forwarded, trustedHops));
        if (forwardedAddress !== null) return networkOf(forwardedAddress);
      } else if (forwarded !== undefined) warnOnceAboutIgnoredHeader();
      return networkOfPeer(socket.remoteAddress);
    },
  };
}

/** The entry at `place` from the right, or the first where there are fewer; without splitting what may be 16 KB. */
function entryFromRight(list: string, position: number): string {
  let entryEnd = list.length;
  let comma = list.lastIndexOf(',', entryEnd - 1);
  for (let index = 1; index < position && comma >= 0; index += 1) {
    entryEnd = comma;
    comma = entryEnd === 0 ? -1 : list.lastIndexOf(',', entryEnd - 1);
  }
  return list.slice(comma + 1, entryEnd).trim();
}

/** Without port, zone and IPv6's dress of an IPv4 address; null where it is no address. */
function normalizeAddress(text: string): string | null {
  const [, ipv6, ipv4] = ADDRESS_WITH_PORT_PATTERN.exec(text) ?? [];
  const [address = ''] = (ipv6 ?? ipv4 ?? text).split('%');
  const unmapped = IPV4_MAPPED_PATTERN.exec(address)?.[1] ?? address;
  return isIP(unmapped) === 0 ? null : unmapped;
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailGroupCount = tail ? tail.split(':').length + (tail.includes('.') ? 1 : 0) : 0;
  const zeroGroupCount = tail === undefined ? 0 : Math.max(0, 8 - groups.length - tailGroupCount);
  const allGroups = [...groups, ...Array<string>(zeroGroupCount).fill('0'), ...(tail ? tail.split(':') : [])];
  return `${allGroups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
