/** Promise: one always knows whether one may write, why not, and until when, and a time that has come is noticed. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRefusal } from '@chatty/protocol';
import type { TimedRefusal } from '../src/refusal.js';
import { createWritePermission } from '../src/write-permission.js';
import { createManualClock } from './support/room.js';

function world() {
  const clock = createManualClock();
  const start = clock.now();
  const told: string[] = [];
  const name = (bar: TimedRefusal | null) =>
    bar && `${bar.code} ${bar.until === null ? 'on' : bar.until - start}`.trim();
  const permit = createWritePermission(clock, (bar) => told.push(name(bar) ?? 'free'));
  return { clock, told, permit };
}

it('a mute ends when its time is over; one without an end stays until the server lifts it', () => {
  const { clock, told, permit } = world();
  permit.set({}, true);
  permit.set({ write: createRefusal('muted', 60_000), slowMode: 0 }, false);
  clock.wind(59_999);
  assert.equal(permit.writeBlock?.code, 'muted');
  clock.wind(1);
  assert.equal(permit.writeBlock, null);
  permit.set({ write: createRefusal('frozen'), slowMode: 0 }, false);
  permit.set({ write: createRefusal('frozen'), slowMode: 0 }, false);
  clock.wind(86_400_000);
  permit.set({ write: null, slowMode: 0 }, false);
  assert.deepEqual(told, ['muted 60000', 'free', 'frozen on', 'free']);
  assert.equal(clock.timers, 0);
});

it('slow mode counts from sending and again from storing; a refused message does not count', () => {
  const { clock, told, permit } = world();
  permit.onSent('a');
  assert.equal(permit.writeBlock, null);
  permit.set({ slowMode: 10_000 }, false);
  permit.onSent('b');
  clock.wind(2_000);
  permit.onSent('b');
  clock.wind(10_000);
  permit.onSent('c');
  permit.onFailed('b', 'duplicate', undefined);
  permit.onFailed('c', 'word_refused', undefined);
  assert.deepEqual(told, ['slow_mode 10000', 'slow_mode 12000', 'free', 'slow_mode 22000', 'free']);
});

it('a slow mode refusal sets the remaining wait, because another tab may have written', () => {
  const { clock, told, permit } = world();
  permit.onFailed('a', 'slow_mode', 7_000);
  clock.wind(7_000);
  permit.onFailed('a', 'slow_mode', undefined);
  assert.deepEqual(told, ['slow_mode 7000', 'free']);
});

it('a stronger write block takes precedence over slow mode, which keeps counting and ends when it is turned off', () => {
  const { clock, told, permit } = world();
  permit.set({ slowMode: 30_000 }, true);
  permit.onSent('a');
  permit.set({ write: createRefusal('muted', 5_000), slowMode: 30_000 }, false);
  clock.wind(5_000);
  permit.set({ write: null, slowMode: 0 }, false);
  assert.deepEqual(told, ['slow_mode 30000', 'muted 5000', 'slow_mode 30000', 'free']);
});

it('write permissions of one user do not carry over to the next user', () => {
  const { told, permit } = world();
  permit.set({ slowMode: 30_000 }, true);
  permit.onSent('a');
  permit.set({ slowMode: 30_000 }, false);
  permit.set({ slowMode: 30_000 }, true);
  assert.deepEqual(told, ['slow_mode 30000', 'free']);
});
