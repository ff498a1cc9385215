/** Promise: one always knows whether one may write, why not, and until when, and a time that has come is noticed. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Reason } from '@chatty/client/refusal';
import { createPermit } from '@chatty/client/write-permission';
import { refusal } from '@chatty/protocol/errors';
import { createHandClock } from './support/room.js';

function world() {
  const clock = createHandClock();
  const start = clock.now();
  const told: string[] = [];
  const name = (bar: Reason | null) =>
    bar && `${bar.code} ${bar.until === null ? 'on' : bar.until - start}`.trim();
  const permit = createPermit(clock, (bar) => told.push(name(bar) ?? 'free'));
  return { clock, told, permit };
}

it('a mute ends when its time has come, what has no end stays until the server says', () => {
  const { clock, told, permit } = world();
  permit.set({}, true);
  permit.set({ write: refusal('muted', 60_000), slowMode: 0 }, false);
  clock.wind(59_999);
  assert.equal(permit.bar?.code, 'muted');
  clock.wind(1);
  assert.equal(permit.bar, null);
  permit.set({ write: refusal('frozen'), slowMode: 0 }, false);
  permit.set({ write: refusal('frozen'), slowMode: 0 }, false);
  clock.wind(86_400_000);
  permit.set({ write: null, slowMode: 0 }, false);
  assert.deepEqual(told, ['muted 60000', 'free', 'frozen on', 'free']);
  assert.equal(clock.timers, 0);
});

it('slow mode counts from a line that leaves and again from its being stored; one that was not taken does not count', () => {
  const { clock, told, permit } = world();
  permit.sent('a');
  assert.equal(permit.bar, null);
  permit.set({ slowMode: 10_000 }, false);
  permit.sent('b');
  clock.wind(2_000);
  permit.sent('b');
  clock.wind(10_000);
  permit.sent('c');
  permit.failed('b', 'duplicate', undefined);
  permit.failed('c', 'word_refused', undefined);
  assert.deepEqual(told, ['slow_mode 10000', 'slow_mode 12000', 'free', 'slow_mode 22000', 'free']);
});

it('a line refused for slow mode says how long it is: another tab may have written', () => {
  const { clock, told, permit } = world();
  permit.failed('a', 'slow_mode', 7_000);
  clock.wind(7_000);
  permit.failed('a', 'slow_mode', undefined);
  assert.deepEqual(told, ['slow_mode 7000', 'free']);
});

it('what bars more goes before slow mode, which goes on behind it, and ends with it being turned off', () => {
  const { clock, told, permit } = world();
  permit.set({ slowMode: 30_000 }, true);
  permit.sent('a');
  permit.set({ write: refusal('muted', 5_000), slowMode: 30_000 }, false);
  clock.wind(5_000);
  permit.set({ write: null, slowMode: 0 }, false);
  assert.deepEqual(told, ['slow_mode 30000', 'muted 5000', 'slow_mode 30000', 'free']);
});

it('nothing that was counted for one person counts for the next', () => {
  const { told, permit } = world();
  permit.set({ slowMode: 30_000 }, true);
  permit.sent('a');
  permit.set({ slowMode: 30_000 }, false);
  permit.set({ slowMode: 30_000 }, true);
  assert.deepEqual(told, ['slow_mode 30000', 'free']);
});
