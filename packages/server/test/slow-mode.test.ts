/** Promise: nobody says the same again within the time that the room sets, whatever they say between, and memory is bounded. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRecentTexts } from '../src/messages/repeated-texts.js';
import { createSlowMode } from '../src/messages/slow-mode.js';

const RULES = { slowMode: 0, duplicatesWithin: 60 };

function open() {
  const clock = { time: 1_000 };
  const recent = createSlowMode(() => clock.time);
  const say = (content: string, clientId: string | null = null, rules = RULES, who = 'minsu') =>
    recent.tryAcquire(who, { content, clientId, replyTo: null }, rules);
  const codeOf = (...given: Parameters<typeof say>) => {
    const taken = say(...given);
    return taken.ok ? 'ok' : taken.code;
  };
  return { clock, say, codeOf };
}

it('a repeated text is refused within its time, whatever texts of other members come between', () => {
  const { clock, say, codeOf } = open();
  assert.equal(codeOf('A'), 'ok');
  assert.equal(codeOf('B'), 'ok');
  clock.time += 1_000;
  assert.deepEqual(say('A'), { ok: false, code: 'duplicate', retryAfter: 59_000 });
  for (let other = 0; other < 40; other += 1) assert.equal(codeOf(`other ${other}`), 'ok');
  assert.equal(codeOf('A'), 'duplicate');
  assert.equal(codeOf('A', null, RULES, 'somebody else'), 'ok');
  clock.time += 59_000;
  assert.equal(codeOf('A'), 'ok', 'a refusal does not make it longer');
  assert.equal(codeOf('A'), 'duplicate');
});

it('differences in case, spaces and invisible characters do not make a text new', () => {
  const { codeOf } = open();
  assert.equal(codeOf('Buy now'), 'ok');
  assert.equal(codeOf('B U Y\nNOW'), 'duplicate');
  assert.equal(codeOf('bu\u200by\u3164 n\u00adow\ufe0f'), 'duplicate');
  assert.equal(codeOf('buy now!'), 'ok');
});

it('a retry of an accepted message is accepted again, even after messages of others', () => {
  const { codeOf } = open();
  assert.equal(codeOf('A', 'a'), 'ok');
  assert.equal(codeOf('B', 'b'), 'ok');
  assert.equal(codeOf('A', 'a'), 'ok');
  assert.equal(codeOf('A', 'c'), 'duplicate');
  const slow = { slowMode: 60, duplicatesWithin: 60 };
  assert.equal(codeOf('C', 'b', slow), 'ok');
  assert.equal(codeOf('C', 'd', slow), 'slow_mode');
});

it('messages that were not stored do not count', () => {
  const { say, codeOf } = open();
  const first = say('A');
  assert.equal(codeOf('B'), 'ok');
  assert.ok(first.ok);
  first.release();
  assert.equal(codeOf('A'), 'ok');
  assert.equal(codeOf('B'), 'duplicate');
});

it('the number of remembered texts is bounded per member and in total, and the longest inactive are dropped first', () => {
  const texts = createRecentTexts(1_000);
  const sent = (text: number) => ({ at: 1, text: String(text), clientId: null });
  for (let text = 0; text < 500; text += 1) texts.add('busy', sent(text), 0);
  assert.equal(texts.count, 50);
  assert.equal(texts.find('busy', '449'), undefined);
  assert.ok(texts.find('busy', '450'));
  for (let person = 0; person < 5_000; person += 1) texts.add(`p${person}`, sent(1), 0);
  assert.equal(texts.count, 1_000);
  assert.equal(texts.find('busy', '499'), undefined);
  assert.ok(texts.find('p4999', '1') && texts.find('p4000', '1'));
  assert.equal(texts.find('p3999', '1'), undefined);
});
