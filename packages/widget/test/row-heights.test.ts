/** Promise: what is drawn covers the view, and stays a window however many lines there are. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRowHeights, rangeAround } from '../src/messages/row-heights.js';

const lines = Array.from({ length: 100_000 }, (_, index) => ({ key: `m${index}` }));

describe('the message window', () => {
  it('renders what is requested on both sides of a message, and little more', () => {
    const heights = createRowHeights();
    for (const index of [0, 1, 500, 99_999]) {
      const { from, to } = rangeAround(lines, heights, index, 1_000, 1_000);
      assert.ok(from <= index && index < to);
      assert.ok(from === 0 || heights.sum(lines, from, index + 1) >= 1_000);
      assert.ok(to === lines.length || heights.sum(lines, index + 1, to) >= 1_000);
      assert.ok(heights.sum(lines, from, to) <= 2_000 + 2 * heights.heightOf('m0'));
    }
  });

  it('an empty chat renders nothing', () => {
    assert.deepEqual(rangeAround([], createRowHeights(), -1, 1_000, 1_000), { from: 0, to: 0 });
  });

  it('measured rows use their height, unmeasured rows use the first measured height', () => {
    const heights = createRowHeights();
    for (let index = 0; index < 20; index += 1) heights.measure(`m${index}`, 60);
    heights.measure('m20', 500);
    assert.equal(heights.sum(lines, 19, 22), 60 + 500 + 60);
  });

  it('remembers a bounded number of row heights, and evicts the longest unseen', () => {
    const heights = createRowHeights(30);
    for (let index = 0; index < 20; index += 1) heights.measure(`m${index}`, 60);
    for (let index = 20; index < 60; index += 1) heights.measure(`m${index}`, 10);
    assert.equal(heights.heightOf('m59'), 10);
    assert.equal(heights.heightOf('m20'), 60, 'forgotten, so guessed');
  });
});
