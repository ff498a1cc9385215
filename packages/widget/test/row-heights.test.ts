/** Promise: what is drawn covers the view, and stays a window however many lines there are. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { around, createHeights } from '../src/messages/row-heights.js';

const lines = Array.from({ length: 100_000 }, (_, index) => ({ key: `m${index}` }));

describe('the window of lines', () => {
  it('covers what is asked for on both sides of a line, and little more', () => {
    const heights = createHeights();
    for (const index of [0, 1, 500, 99_999]) {
      const { from, to } = around(lines, heights, index, 1_000, 1_000);
      assert.ok(from <= index && index < to);
      assert.ok(from === 0 || heights.sum(lines, from, index + 1) >= 1_000);
      assert.ok(to === lines.length || heights.sum(lines, index + 1, to) >= 1_000);
      assert.ok(heights.sum(lines, from, to) <= 2_000 + 2 * heights.of('m0'));
    }
  });

  it('an empty talk draws nothing', () => {
    assert.deepEqual(around([], createHeights(), -1, 1_000, 1_000), { from: 0, to: 0 });
  });

  it('measured lines count as measured, others as the first measured ones were', () => {
    const heights = createHeights();
    for (let index = 0; index < 20; index += 1) heights.measure(`m${index}`, 60);
    heights.measure('m20', 500);
    assert.equal(heights.sum(lines, 19, 22), 60 + 500 + 60);
  });

  it('remembers a bounded number of lines, the longest unseen ones go', () => {
    const heights = createHeights(30);
    for (let index = 0; index < 20; index += 1) heights.measure(`m${index}`, 60);
    for (let index = 20; index < 60; index += 1) heights.measure(`m${index}`, 10);
    assert.equal(heights.of('m59'), 10);
    assert.equal(heights.of('m20'), 60, 'forgotten, so guessed');
  });
});
