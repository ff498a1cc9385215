/** Decides which client address a request counts as for rate limits, behind any number of trusted proxies. */

import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import type { Log } from '../runtime/logger.js';

export type ClientAddressResolver = {
  /**
   * The address of the client; for IPv6 its /64, which is what one subscriber gets. Null: unknown, because the peer is on this
   * machine or a private network, most likely a proxy that all clients share.
   */
  resolve(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | null;
};

/** Ranges of this machine and this network (RFC 1918, 3927, 4193, 4291), and shared by carriers and clusters (RFC 6598). */
const PRIVATE_RANGES: readonly string[] = [
  'loopback',
  'private',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
];
/** Some proxies add the port: `203.0.113.9:4711`, `[2001:db8::1]:4711`. */
const ADDRESS_WITH_PORT_PATTERN = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/;

/** @param options.trustedHops trusted proxies. Entries of `X-Forwarded-For` left of theirs can be forged, and are ignored. */
export function createClientAddressResolver({
  trustedHops,
  log,
}: {
  trustedHops: number;
  log: Log;
}): ClientAddressResolver {
  const isTrustedHop = (_address: string, hop: number) => hop < trustedHops;
  let hasWarned = false;
  /** Behind a proxy that sends no header, all requests have the same peer. */
  let lastPeer: { peer: string | undefined; network: string | null } = { peer: undefined, network: null };

  function networkOfPeer(peer: string | undefined): string | null {
    if (peer === lastPeer.peer) return lastPeer.network;
    const address = parseAddress(peer ?? '');
    const isPublic = address !== null && !PRIVATE_RANGES.includes(address.range());
    lastPeer = { peer, network: isPublic ? networkOf(address) : null };
    return lastPeer.network;
  }

  function warnOnceAboutIgnoredHeader(): void {
    if (!hasWarned)
      log.warn(
        'X-Forwarded-For was ignored. If a proxy is in front of this server, set TRUSTED_PROXY_HOPS to the number of ' +
          'proxies; otherwise all clients behind it count as one address or as none',
      );
    hasWarned = true;
  }

  return {
    resolve(request) {
      const forwarded = request.headers['x-forwarded-for'];
      if (trustedHops > 0 && typeof forwarded === 'string') {
        const [, ...forwardedAddresses] = proxyAddr.all(request as IncomingMessage, isTrustedHop);
        const address = parseAddress(forwardedAddresses.at(-1) ?? '');
        if (address !== null) return networkOf(address);
      } else if (forwarded !== undefined) warnOnceAboutIgnoredHeader();
      return networkOfPeer(request.socket.remoteAddress);
    },
  };
}

/** Without port and zone, and an IPv4 address that is written as IPv6 as IPv4; null if the text is no address. */
function parseAddress(text: string): IPv4 | IPv6 | null {
  const [, ipv6, ipv4] = ADDRESS_WITH_PORT_PATTERN.exec(text) ?? [];
  const [address = ''] = (ipv6 ?? ipv4 ?? text).split('%');
  // Not isValid: it accepts `1` and `0x7f.1` as well.
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return null;
  return ipaddr.process(address);
}

function networkOf(address: IPv4 | IPv6): string {
  if (!('parts' in address)) return address.toString();
  const prefix = address.parts.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}
