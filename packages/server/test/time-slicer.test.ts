/** Promise: work that takes long keeps nobody waiting: it goes by slices and by turns, and what was made before holds meanwhile. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { buildWordFilter } from '@chatty/text-filter';
import { createPerProjectCache } from '../src/runtime/per-project-cache.js';
import { createTimeSlicer, type SlicedTask } from '../src/runtime/time-slicer.js';
import { UnavailableError } from '../src/runtime/unavailable-error.js';

/** Each look at the clock takes a millisecond, so that a slice has the same number of steps wherever this runs. */
function ticking() {
  let time = 0;
  return () => {
    time += 1;
    return time;
  };
}

const placeOf = (project: string, lane = 'messages') => ({ project, lane });

function* count(to: number, onStep: (step: number) => void = () => undefined): SlicedTask<number> {
  for (let step = 1; step <= to; step += 1) {
    onStep(step);
    yield;
  }
  return to;
}

it('other work runs between two slices, and tasks take turns', async () => {
  const slices = createTimeSlicer(ticking());
  const happened: string[] = [];
  let turns = 0;
  let done = false;
  const other = () => {
    turns += 1;
    if (!done) setImmediate(other);
  };
  setImmediate(other);
  const works = ['a', 'b'].map((name) =>
    slices.run(
      placeOf(name),
      count(50, (step) => happened.push(`${name}${step} ${turns}`)),
    ),
  );
  assert.equal(happened.length, 0, 'nothing before the first turn');
  assert.deepEqual(await Promise.all(works), [50, 50]);
  done = true;
  const inTurn = new Map<string, Set<string>>();
  for (const each of happened) {
    const [step = '', turn = ''] = each.split(' ');
    inTurn.set(turn, (inTurn.get(turn) ?? new Set()).add(step));
  }
  for (const steps of inTurn.values()) {
    assert.ok(steps.size <= 6, [...steps].join());
    assert.equal(new Set([...steps].map(([name]) => name)).size, 1, 'one work a turn');
  }
  assert.ok(
    happened.findIndex((each) => each.startsWith('b')) < happened.findIndex((each) => each.startsWith('a50')),
  );
});

it('a long task of one project delays a task of another by one slice, whatever is queued', async () => {
  const slices = createTimeSlicer(ticking());
  const happened: string[] = [];
  const long = Array.from({ length: 50 }, (_, at) =>
    slices.run(
      placeOf('long', `lane ${at % 3}`),
      count(1_000, () => happened.push('long')),
    ),
  );
  await turns();
  for (let times = 0; times < 5; times += 1) {
    const before = happened.length;
    await slices.run(placeOf('short'), count(2));
    // A slice is four looks at the clock; one may be under way, and one is due.
    assert.ok(happened.length - before <= 2 * 5, `${happened.length - before} steps of the other project`);
  }
  assert.ok(happened.length < 1_000);
  assert.deepEqual(new Set(await Promise.all(long)), new Set([1_000]));
});

it('short tasks run in the same turn within its time budget; tasks of one lane keep their order', async () => {
  const slices = createTimeSlicer(ticking());
  assert.equal(slices.runNowOrQueue(placeOf('kimpga'), count(1)), 1);
  const ended: string[] = [];
  const works = ['long', 'short', 'last'].map(async (name) => {
    await slices.runNowOrQueue(placeOf('kimpga'), count(name === 'long' ? 100 : 1));
    ended.push(name);
  });
  const other = slices.runNowOrQueue(placeOf('othershop'), count(1));
  assert.ok(other instanceof Promise, 'the turn has no time left');
  assert.equal(await other, 1);
  assert.deepEqual(ended, [], 'the long work is not done yet');
  await Promise.all(works);
  assert.deepEqual(ended, ['long', 'short', 'last']);
  assert.throws(
    () =>
      slices.runNowOrQueue(
        placeOf('kimpga'),
        // biome-ignore lint/correctness/useYield: it throws before.
        (function* (): SlicedTask<void> {
          throw new Error('broken');
        })(),
      ),
    /broken/,
  );
});

it('one lane queues 100 tasks and refuses the next as retryable; other projects are unaffected', async () => {
  const slices = createTimeSlicer(ticking());
  const waiting = Array.from({ length: 100 }, () => slices.run(placeOf('kimpga'), count(20)));
  assert.throws(() => slices.runNowOrQueue(placeOf('kimpga'), count(1)), UnavailableError);
  assert.equal(await slices.runNowOrQueue(placeOf('othershop'), count(1)), 1);
  await Promise.all(waiting);
  assert.equal(await slices.runNowOrQueue(placeOf('kimpga'), count(1)), 1);
});

it('a task that throws rejects, and the others continue', async () => {
  const slices = createTimeSlicer();
  const broken = slices.run(
    placeOf('kimpga'),
    count(3, (step) => {
      if (step === 2) throw new Error('broken');
    }),
  );
  const whole = slices.run(placeOf('kimpga'), count(3));
  await assert.rejects(broken, /broken/);
  assert.equal(await whole, 3);
  assert.equal(await slices.run(placeOf('kimpga'), count(1)), 1);
});

it('building a word list can be interrupted at each word and in the combined automaton', () => {
  const words = Array.from({ length: 1_000 }, (_, index) => `나쁜말${index}`);
  const work = buildWordFilter(words);
  let steps = 0;
  while (!work.next().done) steps += 1;
  assert.ok(steps >= 2 * words.length, `${steps} places to leave it at`);
});

/** Projects by what is made of them, and makings that end when they are told to. */
function open() {
  const sources = new Map<string, string[]>();
  const begun: string[][] = [];
  const ends = new Set<string[]>();
  const kept = createPerProjectCache<string[], string>({
    timeSlicer: createTimeSlicer(),
    lane: 'lists',
    sourceOf: (project) => sources.get(project) ?? null,
    *build(source) {
      begun.push(source);
      while (!ends.has(source)) yield;
      if (source.includes('wrong')) throw new Error('wrong');
      return source.join();
    },
  });
  return { sources, begun, ends, kept };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

it('the first build is awaited; during a rebuild the old value stays in use', async () => {
  const { sources, begun, ends, kept } = open();
  const [first, second] = [['a'], ['b']];
  assert.equal(kept.get('kimpga'), null);
  sources.set('kimpga', first);
  const made = kept.get('kimpga');
  assert.ok(made instanceof Promise && kept.get('kimpga') === made);
  ends.add(first);
  assert.equal(await made, 'a');

  sources.set('kimpga', ['a']);
  kept.refresh();
  await turns();
  assert.equal(begun.length, 1, 'what is the same is not made again');
  sources.set('kimpga', second);
  kept.refresh(new Set(['othershop']));
  await turns();
  assert.equal(begun.length, 1);
  kept.refresh(new Set(['kimpga']));
  await turns();
  assert.deepEqual([begun.length, kept.get('kimpga')], [2, 'a']);
  ends.add(second);
  await turns();
  assert.equal(kept.get('kimpga'), 'b');
  sources.delete('kimpga');
  kept.refresh();
  await turns();
  assert.equal(kept.get('kimpga'), null);
});

it('of two changes the later one wins, whichever build ends first', async () => {
  const { sources, ends, kept } = open();
  const lists = [['a'], ['b'], ['c']];
  for (const list of lists) {
    sources.set('kimpga', list);
    kept.refresh();
    void kept.get('kimpga');
    await turns();
  }
  ends.add(lists[2] ?? []);
  await turns();
  assert.equal(await kept.get('kimpga'), 'c');
  for (const list of lists) ends.add(list);
  await turns();
  assert.equal(await kept.get('kimpga'), 'c');
});

it('a failed build rejects its waiting callers and is retried', async () => {
  const { sources, ends, kept } = open();
  const wrong = ['wrong'];
  sources.set('kimpga', wrong);
  ends.add(wrong);
  await assert.rejects(async () => kept.get('kimpga'), /wrong/);
  const right = ['right'];
  sources.set('kimpga', right);
  ends.add(right);
  await turns();
  assert.equal(await kept.get('kimpga'), 'right');
});
