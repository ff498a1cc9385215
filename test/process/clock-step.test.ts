/** Promise: a server whose clock is set back or forward during talk goes on as before: nothing is held back, nothing ends early. */

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Refusal } from '@chatty/protocol/errors';
import { createOrder } from '@chatty/server/moderation/moderation-state';
import { createLog } from '@chatty/server/runtime/logger';
import { startServer } from '../faults/support/rig.js';
import { follow } from '../support/log-follower.js';
import { join, makeDatabase, refusalOf, stored, tokenOf, until, type Visitor } from '../support/server.js';
import { open as openStores } from '../support/store.js';

const HOUR_MS = 3_600_000;
const STEPS = [
  { name: 'one hour back', offsetMs: -HOUR_MS },
  { name: 'one hour forward', offsetMs: HOUR_MS },
];

/** Valid by the right clock and by both wrong ones. */
const longLived = (name: string, role: 'member' | 'moderator' = 'member') =>
  tokenOf(name, { userId: `id-${name}`, role, now: Date.now() - 2 * HOUR_MS, expiresIn: 4 * 3_600 });

const act = (visitor: Visitor, name: string, payload: object): Promise<{ ok: boolean }> =>
  visitor.socket.timeout(8_000).emitWithAck(name, payload);

/** A server as a process of its own, with a moderator and two members. */
async function open(context: TestContext, settings: Record<string, string> = {}) {
  const server = await startServer(context, await makeDatabase(context), undefined, settings);
  const enter = (name: string, role?: 'moderator') => join(context, server.url, longLived(name, role));
  const moderator = await enter('지영', 'moderator');
  const writer = await enter('민수');
  const reader = await enter('하늘');
  /** How somebody is refused; null: they are let in. */
  const refusalFor = (name: string) =>
    refusalOf(context, server.url, { token: longLived(name) }).then(
      ({ data }) => (data ?? null) as Refusal | null,
      () => null,
    );
  return { server, moderator, writer, reader, refusalFor };
}

for (const { name, offsetMs } of STEPS) {
  it(`the clock ${name}: what is acknowledged is heard, and quiet rooms still get their heartbeat`, async (context) => {
    const { server, writer, reader } = await open(context);
    const follower = await follow(context, server.url, longLived('현우'));
    stored(await writer.say('전'));
    await until(() => reader.contents.length === 1, 'the message before');
    await server.setClock(offsetMs);
    for (let number = 1; number <= 20; number += 1) stored(await writer.say(`후 ${number}`));
    await until(() => reader.contents.length === 21, 'all messages');
    const heads = follower.heads.length;
    await until(() => follower.heads.length > heads, 'a heartbeat', 20_000);
    await server.setClock(0);
    stored(await writer.say('다시'));
    await until(() => reader.contents.length === 22, 'a message by the right clock');
    assert.equal(new Set(reader.contents).size, 22, 'each once');
  });

  it(`the clock ${name}: who was too quick may go on after the wait that is asked for`, async (context) => {
    const { server, writer } = await open(context, { SEND_BURST: '2', SEND_PER_SECOND: '1' });
    const quick = await Promise.all([writer.say('하나'), writer.say('둘'), writer.say('셋')]);
    assert.deepEqual(
      quick.map(({ ok }) => ok),
      [true, true, false],
    );
    await server.setClock(offsetMs);
    // A clock set forward fills no bucket early, one set back does not keep it from filling.
    const answer = await writer.say('넷');
    assert.ok(!answer.ok && answer.code === 'rate_limited', JSON.stringify(answer));
    const { retryAfter = 0 } = answer;
    assert.ok(retryAfter > 0 && retryAfter <= 1_000, `${retryAfter} ms`);
    await new Promise((resolve) => setTimeout(resolve, retryAfter));
    stored(await writer.say('다섯'));
  });

  it(`the clock ${name}: slow mode asks for no more than its seconds, and asks for them`, async (context) => {
    const { server, moderator, writer } = await open(context);
    assert.ok((await act(moderator, 'set rules', { rules: { slowMode: 30 } })).ok);
    stored(await writer.say('하나'));
    await server.setClock(offsetMs);
    const answer = await writer.say('둘');
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
    await until(async () => (await refusalFor('하늘')) === null, 'the end of a short ban');
    await ban('현우', 600);
    await assertBanned('현우');
    // Another server, whose clock has been wrong from the start, reads them from the database.
    await server.kill();
    await server.start();
    await assertBanned('수진');
    await assertBanned('현우');
  });
}

it('a token ends by the time of day, also where that is set forward', async (context) => {
  const { server } = await open(context);
  const short = await join(context, server.url, tokenOf('수진', { userId: 'id-수진', expiresIn: 1_800 }));
  const ended = new Promise<Refusal>((resolve) => short.socket.on('refused', resolve));
  await server.setClock(HOUR_MS);
  assert.equal((await ended).code, 'token_expired');
});

it('a machine that was suspended ends its bans by the time that has passed, though its monotonic clock stood still', async (context) => {
  const { store } = await openStores(context);
  const actor = { kind: 'operator', id: 'operator', name: 'operator' } as const;
  const ban = (userId: string, seconds: number) =>
    store.order.sanction({
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
  const order = await createOrder({ records: store.order, log: createLog('silent'), now: () => 0 });
  context.after(() => order.close());
  const codes = () => ['short', 'long'].map((userId) => order.exclusion('kimpga', userId, 0)?.code);
  assert.deepEqual(codes(), ['banned', 'banned']);
  await until(() => order.exclusion('kimpga', 'short', 0) === null, 'the end of the short ban');
  assert.deepEqual(codes(), [undefined, 'banned']);
});
