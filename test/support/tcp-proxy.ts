/** A bad network between clients and the server: one TCP proxy that delays, throttles, goes silent, strands and resets. */

import { connect, createServer, type Socket } from 'node:net';
import { until } from './server.js';

type Weather = {
  /** Added to each way, in milliseconds; `jitter` is the largest random addition. */
  delay: number;
  jitter: number;
  /** Bytes a second each way of each connection; 0 is no limit. */
  bytesPerSecond: number;
};

export type Network = {
  readonly port: number;
  /** How many connections pass through it now. */
  readonly connections: number;
  weather(weather: Partial<Weather>): void;
  /** Nothing passes any more, in either direction, until `thaw`; then everything that was held goes on its way. */
  freeze(): void;
  thaw(): void;
  /** Connections that exist now never carry a byte again and do not end either: half open. New ones work. */
  strand(): number;
  /** Clients of stranded connections get a reset; the server's end stays half open. */
  abandon(): void;
  /** Resets this share (0-1) of the connections, both ends. */
  reset(share: number): number;
  close(): Promise<void>;
};

type Pair = { client: Socket; server: Socket; stranded: boolean; kick(): void };

/** Bytes held for one direction of one connection before the sender is made to wait. */
const HELD = 64 * 1024;
const CLEAR: Weather = { delay: 0, jitter: 0, bytesPerSecond: 0 };

/** @param target port of the server on this machine, or the path of its socket */
export async function startProxy(
  target: number | string,
  random: () => number = Math.random,
): Promise<Network> {
  const pairs = new Set<Pair>();
  let weather = CLEAR;
  let frozen = false;

  const server = createServer((client) => {
    const upstream =
      typeof target === 'string' ? connect(target) : connect({ host: '127.0.0.1', port: target });
    const ways = [carry(client, upstream, () => pair), carry(upstream, client, () => pair)];
    const pair: Pair = {
      client,
      server: upstream,
      stranded: false,
      kick() {
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

  function end(pair: Pair, socket: Socket): void {
    if (pair.stranded) return;
    const other = socket === pair.client ? pair.server : pair.client;
    if (socket.errored) reset(other);
    else other.destroySoon();
    pairs.delete(pair);
  }

  /** Carries bytes one way, in order, each chunk not before it is due. Answers how to look again after a change. */
  function carry(from: Socket, to: Socket, pairOf: () => Pair): () => void {
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
      if (held < HELD) from.resume();
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
      if (held >= HELD) from.pause();
      pass();
    });
    return pass;
  }

  server.listen(0, '127.0.0.1');
  await until(() => server.listening, 'the proxy');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  return {
    port,
    get connections() {
      return pairs.size;
    },
    weather(next) {
      weather = { ...weather, ...next };
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      for (const pair of pairs) pair.kick();
    },
    strand() {
      for (const pair of pairs) pair.stranded = true;
      return pairs.size;
    },
    abandon() {
      for (const { client, stranded } of pairs) if (stranded) reset(client);
    },
    reset(share) {
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
