/** Promise: one press of Enter sends a Hangul line once, and a Japanese or Chinese candidate never. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createEnterHandler, type InputEventRecord } from '../src/composer/ime-enter.js';

const down = (time: number, over: object = {}): InputEventRecord => ({
  type: 'keydown',
  key: 'Enter',
  code: 'Enter',
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  repeat: false,
  time,
  ...over,
});
const taken = (time: number, over: object = {}) => down(time, { keyCode: 229, isComposing: true, ...over });
const up = (time: number): InputEventRecord => ({ type: 'keyup', key: 'Enter', code: 'Enter', time });
const composition = (
  type: 'compositionstart' | 'compositionupdate' | 'compositionend',
  data: string,
  time: number,
): InputEventRecord => ({ type, data, time });
const typed = (text: string): InputEventRecord[] => [
  composition('compositionstart', '', 0),
  composition('compositionupdate', text, 10),
];
const lineBreak = (time: number): InputEventRecord => ({
  type: 'beforeinput',
  inputType: 'insertLineBreak',
  time,
});

const sends = (events: InputEventRecord[]) => {
  const decide = createEnterHandler();
  return events.map((event) => decide(event)).filter((decision) => decision === 'send').length;
};

const sequences: [string, InputEventRecord[], number][] = [
  ['Enter without composition', [down(0), up(50)], 1],
  ['Enter held down', [down(0), down(400, { repeat: true }), down(430, { repeat: true }), up(450)], 1],
  ['Enter twice', [down(0), up(50), down(120), up(170)], 2],
  ['Shift+Enter', [down(0, { shiftKey: true }), lineBreak(1), up(40)], 0],
  [
    'Hangul, Chrome on macOS',
    [...typed('한'), taken(20), composition('compositionend', '한', 21), down(22), up(80)],
    1,
  ],
  [
    'Hangul, Chrome on macOS without the second keydown',
    [...typed('한'), taken(20), composition('compositionend', '한', 21), up(80)],
    1,
  ],
  [
    'Hangul, Chrome on Windows',
    [
      ...typed('한'),
      taken(20, { key: 'Process' }),
      composition('compositionend', '한', 21),
      down(22),
      up(80),
    ],
    1,
  ],
  [
    'Hangul, Safari',
    [...typed('한'), composition('compositionend', '한', 20), taken(21, { isComposing: false }), up(80)],
    1,
  ],
  ['Hangul, ibus on Linux', [...typed('한'), composition('compositionend', '한', 20), down(21), up(80)], 1],
  ['Hangul, Android', [...typed('한'), composition('compositionend', '한', 20), lineBreak(21)], 1],
  ['jamo alone', [...typed('ㅋ'), taken(20), composition('compositionend', 'ㅋ', 21), down(22), up(80)], 1],
  ['Japanese, Chrome', [...typed('にほん'), taken(20), composition('compositionend', '日本', 21), up(80)], 0],
  [
    'Japanese, Safari',
    [...typed('日本'), composition('compositionend', '日本', 20), taken(21, { isComposing: false }), up(80)],
    0,
  ],
  [
    'Chinese, then Enter to send',
    [...typed('nihao'), taken(20), composition('compositionend', '你好', 21), up(80), down(500), up(550)],
    1,
  ],
];
for (const [name, events, expected] of sequences)
  it(`${name}: ${expected}`, () => assert.equal(sends(events), expected));

it('one Enter press sends at most once, whatever events come between', () => {
  const between = fc.array(
    fc.constantFrom<(time: number) => InputEventRecord>(
      down,
      taken,
      lineBreak,
      (time) => composition('compositionend', '한', time),
      (time) => down(time, { repeat: true }),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(fc.boolean(), between, (composing, makers) => {
      const events = makers.map((make, index) => make(20 + index));
      assert.ok(sends([...(composing ? typed('한') : []), ...events]) <= 1);
    }),
  );
});
