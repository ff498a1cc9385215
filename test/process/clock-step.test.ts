/** Promise: a server whose clock is set back or forward during talk goes on as before: nothing is held back, nothing ends early. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Refusal } from '@chatty/protocol';
import { createLog } from '@chatty/server';
import { createModerationState } from '@chatty/server/testing';
import { startServerProcess } from '../faults/support/rig.js';
import { connectFollower } from '../support/log-follower.js';
import {
  assertStored,
  connectClient,
  connectExpectingRefusal,
  createTestDatabase,
  createTestToken,
  type TestClient,
  waitUntil,
} from '../support/server.js';
import { openTestStores as openStores } from '../support/store.js';

const HOUR_MS = 3_600_000;
const STEPS = [
  { name: 'one hour back', offsetMs: -HOUR_MS },
  { name: 'one hour forward', offsetMs: HOUR_MS },
];

/** Valid by the right clock and by both wrong ones. */
const longLived = (name: string, role: 'member' | 'moderator' = 'member') =>
  createTestToken(name, { userId: `id-${name}`, role, now: Date.now() - 2 * HOUR_MS, expiresIn: 4 * 3_600 });

const act = (visitor: TestClient, name: string, payload: object): Promise<{ ok: boolean }> =>
  visitor.socket.timeout(8_000).emitWithAck(name, payload);

/** A server as a process of its own, with a moderator and two members. */
async function open(context: TestContext, settings: Record<string, string> = {}) {
  const server = await startServerProcess(context, await createTestDatabase(context), undefined, settings);
  const enter = (name: string, role?: 'moderator') =>
    connectClient(context, server.url, longLived(name, role));
  const moderator = await enter('지영', 'moderator');
  const writer = await enter('민수');
  const reader = await enter('하늘');
  /** How somebody is refused; null: they are let in. */
  const refusalFor = (name: string) =>
    connectExpectingRefusal(context, server.url, { token: longLived(name) }).then(
      ({ data }) => (data ?? null) as Refusal | null,
      () => null,
    );
  return { server, moderator, writer, reader, refusalFor };
}

for (const { name, offsetMs } of STEPS) {
  it(`the clock ${name}: acknowledged messages are delivered, and quiet rooms still get their heartbeat`, async (context) => {
    const { server, writer, reader } = await open(context);
    const follower = await connectFollower(context, server.url, longLived('현우'));
    assertStored(await writer.send('전'));
    await waitUntil(() => reader.contents.length === 1, 'the message before');
    await server.setClock(offsetMs);
    for (let number = 1; number <= 20; number += 1) assertStored(await writer.send(`후 ${number}`));
    await waitUntil(() => reader.contents.length === 21, 'all messages');
    const heads = follower.heads.length;
    await waitUntil(() => follower.heads.length > heads, 'a heartbeat', 20_000);
    await server.setClock(0);
    assertStored(await writer.send('다시'));
    await waitUntil(() => reader.contents.length === 22, 'a message by the right clock');
    assert.equal(new Set(reader.contents).size, 22, 'each once');
  });

  it(`the clock ${name}: a rate-limited member may send after the given retry delay`, async (context) => {
    const { server, writer } = await open(context, { SEND_BURST: '2', SEND_PER_SECOND: '1' });
    const quick = await Promise.all([writer.send('하나'), writer.send('둘'), writer.send('셋')]);
    assert.deepEqual(
      quick.map(({ ok }) => ok),
      [true, true, false],
    );
    await server.setClock(offsetMs);
    // A clock set forward fills no bucket early, one set back does not keep it from filling.
    const answer = await writer.send('넷');
    assert.ok(!answer.ok && answer.code === 'rate_limited', JSON.stringify(answer));
    const { retryAfter = 0 } = answer;
    assert.ok(retryAfter > 0 && retryAfter <= 1_000, `${retryAfter} ms`);
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
    assertStored(await writer.send('다섯'));
  });

  it(`the clock ${name}: the slow mode wait applies and never exceeds its configured seconds`, async (context) => {
    const { server, moderator, writer } = await open(context);
    assert.ok((await act(moderator, 'set rules', { rules: { slowMode: 30 } })).ok);
    assertStored(await writer.send('하나'));
    await server.setClock(offsetMs);
    const answer = await writer.send('둘');
    assert.ok(!answer.ok && answer.code === 'slow_mode', JSON.stringify(answer));
    const { retryAfter = 0 } = answer;
    assert.ok(retryAfter > 10_000 && retryAfter <= 30_000, `${retryAfter} ms`);
  });

  it(`the clock ${name}: a ban of ten minutes lasts ten minutes, one of two seconds ends`, async (context) => {
    const { server, moderator, refusalFor } = await open(context);
    const ban = async (who: string, seconds: number) =>
      assert.ok((await act(moderator, 'ban member', { userId: `id-${who}`, seconds })).ok);
    const assertBanned = async (who: string) => {
      const refused = await refusalFor(who);
      const left = refused?.retryAfter ?? 0;
      assert.ok(
        refused?.code === 'banned' && left > 500_000 && left <= 600_000,
        `${who}: ${JSON.stringify(refused)}`,
      );
    };
    await ban('수진', 600);
    await ban('하늘', 2);
    await server.setClock(offsetMs);
    await assertBanned('수진');
    await waitUntil(async () => (await refusalFor('하늘')) === null, 'the end of a short ban');
    await ban('현우', 600);
    await assertBanned('현우');
    // Another server, whose clock has been wrong from the start, reads them from the database.
    await server.kill();
    await server.start();
    await assertBanned('수진');
    await assertBanned('현우');
  });
}

it('a token expires by wall-clock time, also after the clock is set forward', async (context) => {
  const { server } = await open(context);
  const short = await connectClient(
    context,
    server.url,
    createTestToken('수진', { userId: 'id-수진', expiresIn: 1_800 }),
  );
  const ended = new Promise<Refusal>((resolve) => short.socket.on('refused', resolve));
  await server.setClock(HOUR_MS);
  assert.equal((await ended).code, 'token_expired');
});

it('after a suspend bans end by elapsed time, although the monotonic clock stood still', async (context) => {
  const { store } = await openStores(context);
  const actor = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const ban = (userId: string, seconds: number) =>
    store.moderation.setSanction({
      project: 'kimpga',
      userId,
      kind: 'ban',
      seconds,
      reason: null,
      setBy: 'operator',
      overruled: [],
      actor,
      details: {},
      evidence: null,
    });
  await ban('short', 1);
  await ban('long', 600);
  const order = await createModerationState({
    records: store.moderation,
    log: createLog('silent'),
    now: () => 0,
  });
  context.after(() => order.close());
  const codes = () => ['short', 'long'].map((userId) => order.activeBan('kimpga', userId, 0)?.code);
  assert.deepEqual(codes(), ['banned', 'banned']);
  await waitUntil(() => order.activeBan('kimpga', 'short', 0) === null, 'the end of the short ban');
  assert.deepEqual(codes(), [undefined, 'banned']);
});
