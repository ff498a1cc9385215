/** A bad network between clients and the server: one TCP proxy that delays, throttles, goes silent, strands and resets. */

import { connect, createServer, type Socket } from 'node:net';
import { waitUntil } from './server.js';

type NetworkConditions = {
  /** Added to each way, in milliseconds; `jitter` is the largest random addition. */
  delay: number;
  jitter: number;
  /** Bytes a second each way of each connection; 0 is no limit. */
  bytesPerSecond: number;
};

export type FaultyNetwork = {
  readonly port: number;
  /** How many connections pass through it now. */
  readonly connectionCount: number;
  setConditions(setConditions: Partial<NetworkConditions>): void;
  /** Nothing passes any more, in either direction, until `thaw`; then everything that was held goes on its way. */
  freeze(): void;
  thaw(): void;
  /** Connections that exist now never carry a byte again and do not end either: half open. New ones work. */
  blackholeConnections(): number;
  /** Clients of stranded connections get a reset; the server's end stays half open. */
  resetStrandedClients(): void;
  /** Resets this share (0-1) of the connections, both ends. */
  resetConnections(share: number): number;
  close(): Promise<void>;
};

type ProxiedConnection = { client: Socket; server: Socket; stranded: boolean; resumeTransfer(): void };

/** Bytes held for one direction of one connection before the sender is made to wait. */
const MAX_BUFFERED_BYTES = 64 * 1024;
const PERFECT_CONDITIONS: NetworkConditions = { delay: 0, jitter: 0, bytesPerSecond: 0 };

/** @param target port of the server on this machine, or the path of its socket */
export async function startProxy(
  target: number | string,
  random: () => number = Math.random,
): Promise<FaultyNetwork> {
  const pairs = new Set<ProxiedConnection>();
  let weather = PERFECT_CONDITIONS;
  let frozen = false;

  const server = createServer((client) => {
    const upstream =
      typeof target === 'string' ? connect(target) : connect({ host: '127.0.0.1', port: target });
    const ways = [carry(client, upstream, () => pair), carry(upstream, client, () => pair)];
    const pair: ProxiedConnection = {
      client,
      server: upstream,
      stranded: false,
      resumeTransfer() {
        for (const kick of ways) kick();
      },
    };
    pairs.add(pair);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // The end of one side is passed on by `close`; its reason does not matter here.
      socket.on('error', () => undefined);
      socket.on('close', () => end(pair, socket));
    }
  });

  function end(pair: ProxiedConnection, socket: Socket): void {
    if (pair.stranded) return;
    const other = socket === pair.client ? pair.server : pair.client;
    if (socket.errored) reset(other);
    else other.destroySoon();
    pairs.delete(pair);
  }

  /** Carries bytes one way, in order, each chunk not before it is due. Answers how to look again after a change. */
  function carry(from: Socket, to: Socket, pairOf: () => ProxiedConnection): () => void {
    const queue: { chunk: Buffer; due: number }[] = [];
    let held = 0;
    let last = 0;
    let timer: NodeJS.Timeout | undefined;
    const pass = () => {
      clearTimeout(timer);
      while (queue[0] && !frozen && !pairOf().stranded && queue[0].due <= performance.now()) {
        const chunk = queue.shift()?.chunk;
        if (!chunk) break;
        held -= chunk.length;
        if (!to.destroyed) to.write(chunk);
      }
      if (held < MAX_BUFFERED_BYTES) from.resume();
      const next = queue[0];
      if (next && !frozen) timer = setTimeout(pass, Math.max(1, next.due - performance.now()));
      timer?.unref();
    };
    from.on('data', (chunk) => {
      if (pairOf().stranded) return;
      const lag = weather.delay + weather.jitter * random();
      const width = weather.bytesPerSecond > 0 ? (1_000 * chunk.length) / weather.bytesPerSecond : 0;
      last = Math.max(last, performance.now() + lag) + width;
      queue.push({ chunk, due: last });
      held += chunk.length;
      if (held >= MAX_BUFFERED_BYTES) from.pause();
      pass();
    });
    return pass;
  }

  server.listen(0, '127.0.0.1');
  await waitUntil(() => server.listening, 'the proxy');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  return {
    port,
    get connectionCount() {
      return pairs.size;
    },
    setConditions(next) {
      weather = { ...weather, ...next };
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      for (const pair of pairs) pair.resumeTransfer();
    },
    blackholeConnections() {
      for (const pair of pairs) pair.stranded = true;
      return pairs.size;
    },
    resetStrandedClients() {
      for (const { client, stranded } of pairs) if (stranded) reset(client);
    },
    resetConnections(share) {
      const chosen = [...pairs].filter(({ stranded }) => !stranded && random() < share);
      for (const { client, server: upstream } of chosen) {
        reset(client);
        reset(upstream);
      }
      return chosen.length;
    },
    async close() {
      for (const { client, server: upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      pairs.clear();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** A Unix socket knows no reset. */
function reset(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
