/** Promise: an answer holds as many messages as fit into its bytes as they are sent, whatever they are written with, and at least one. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Message } from '@chatty/protocol';
import { MAX_PAGE_BYTES } from '@chatty/protocol';
import fc from 'fast-check';
import { firstMessagesThatFit, firstThatFit, lastMessagesThatFit } from '../src/rooms/page-size.js';
import { createPresence } from '../src/rooms/presence.js';

const create = (id: number, content: string, over: Partial<Message> = {}): Message => ({
  id,
  seq: id,
  userId: 'minsu',
  username: '민수',
  avatar: null,
  content,
  clientId: null,
  replyTo: null,
  created_at: '2026-01-01T00:00:00.000Z',
  ...over,
});
const encodedBytes = (items: readonly unknown[]) => Buffer.byteLength(JSON.stringify(items));

const text = fc
  .tuple(
    fc.constantFrom('a', '가', '"', '\\', '\n', '\u0001', '😀', '\ud800'),
    fc.integer({ min: 0, max: 400 }),
  )
  .map(([unit, count]) => unit.repeat(count));
const reaction = fc.record({
  emoji: text,
  count: fc.integer({ min: 1, max: 50 }),
  users: fc.array(text, { maxLength: 3 }),
});
const message = fc
  .tuple(text, text, fc.option(text), fc.option(fc.array(reaction, { maxLength: 3 })))
  .map(([content, username, avatar, reactions]) =>
    create(Number.MAX_SAFE_INTEGER, content, {
      username,
      avatar,
      clientId: avatar,
      edited_at: '2026-01-01T00:00:00.000Z',
      ...(reactions && { reactions }),
    }),
  );

it('a page fills its limit in bytes of UTF-8 JSON without exceeding it, from either end', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 30 }),
      fc.integer({ min: 1, max: 20_000 }),
      (messages, most) => {
        const first = firstMessagesThatFit(messages, most);
        const last = lastMessagesThatFit(messages, most);
        assert.deepEqual(first, messages.slice(0, first.length));
        assert.deepEqual(last, messages.slice(messages.length - last.length));
        for (const page of [first, last]) {
          if (messages.length > 0) assert.ok(page.length > 0, 'nothing goes on');
          // The two brackets are not counted, and a comma after the last is.
          if (page.length > 1) assert.ok(encodedBytes(page) - 1 <= most, 'too large');
        }
        const longer = [
          messages.slice(0, first.length + 1),
          messages.slice(messages.length - last.length - 1),
        ];
        for (const [at, page] of [first, last].entries())
          if (page.length < messages.length)
            assert.ok(encodedBytes(longer[at] ?? []) - 1 > most, 'too small');
      },
    ),
    { includeErrorInReport: true, numRuns: 500 },
  );
});

it('a page of the longest messages is at most 256 KB, whatever characters they contain', () => {
  for (const unit of ['a', '가', '"', '😀']) {
    const content = unit.repeat(Math.floor(8_192 / Buffer.byteLength(unit)));
    const messages = Array.from({ length: 100 }, (_, at) => create(at + 1, content));
    const page = lastMessagesThatFit(messages);
    assert.ok(encodedBytes(page) <= MAX_PAGE_BYTES + 1 && encodedBytes(page) > MAX_PAGE_BYTES - 20_000, unit);
    assert.equal(page.at(-1)?.id, 100);
  }
});

it('a member list with the longest avatar URLs is one answer, and its count includes everyone', () => {
  const presence = createPresence();
  const avatar = `https://example.com/${'가'.repeat(2_000)}`;
  for (let each = 0; each < 100; each += 1)
    presence.join({ userId: `${each}`, username: '민수', avatar, role: 'member' });
  const listed = presence.list(100);
  assert.ok(encodedBytes(listed) <= MAX_PAGE_BYTES + 1);
  assert.ok(listed.length >= 40 && listed.length < 100);
  assert.equal(listed[0]?.userId, '0');
  assert.equal(presence.count, 100);
  assert.equal(firstThatFit(listed, 1).length, 1);
});
