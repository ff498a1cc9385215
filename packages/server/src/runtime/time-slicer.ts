/** Runs long computations in slices of a few milliseconds, one slice per turn of the event loop, projects taking turns. */

import type { MaybePromise } from './maybe-promise.js';
import { UnavailableError } from './unavailable-error.js';

/** A computation that yields wherever it may be interrupted. */
export type SlicedTask<Result> = Generator<undefined, Result, undefined>;

export type TimeSlicer = {
  /** Resolves with the result of the task; rejects with what it throws. */
  run<Result>(laneKey: LaneKey, task: SlicedTask<Result>): Promise<Result>;
  /**
   * The same, but starts now if no other task waits in the lane and this turn has time left: short tasks finish at once.
   * Throws `UnavailableError` if too many tasks wait in the lane.
   */
  runNowOrQueue<Result>(laneKey: LaneKey, task: SlicedTask<Result>): MaybePromise<Result>;
};

/** Tasks of one lane run one after another, the lanes of a project in turns, and the projects in turns. */
export type LaneKey = { project: string; lane: string };
/** For tasks of no project: they get the same share of time as one project. */
export const NO_PROJECT = '';

/** Time after which a task is interrupted at its next yield. */
const SLICE_MS = 4;
/** Tasks that may wait in one lane: any further ones are refused, so that waiting times are bounded. */
const MAX_WAITING_JOBS = 100;

/** Continues for so many milliseconds; returns whether the job is done. */
type Job = (milliseconds: number) => boolean;

/** @param now monotonic clock in milliseconds */
export function createTimeSlicer(now: () => number = () => performance.now()): TimeSlicer {
  const jobs = createJobQueue();
  let isScheduled = false;
  /** Milliseconds that tasks started with `runNowOrQueue` have used in this turn. */
  let spentMs = 0;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(runSlice);
  }

  /** One slice per turn, however many jobs wait: other events come first. */
  function runSlice(): void {
    isScheduled = false;
    spentMs = 0;
    jobs.runNext(SLICE_MS);
    if (!jobs.isEmpty) schedule();
  }

  function run<Result>(laneKey: LaneKey, task: SlicedTask<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      jobs.add(laneKey, (milliseconds) => {
        try {
          const result = advance(task, milliseconds, now);
          if (result !== null) resolve(result.value);
          return result !== null;
        } catch (error) {
          reject(error);
          return true;
        }
      });
      schedule();
    });
  }

  return {
    run,
    runNowOrQueue(laneKey, task) {
      const waiting = jobs.countIn(laneKey);
      if (waiting >= MAX_WAITING_JOBS)
        throw new UnavailableError('too many tasks of the project are waiting');
      if (waiting > 0 || spentMs >= SLICE_MS) return run(laneKey, task);
      const startedAt = now();
      try {
        const result = advance(task, SLICE_MS - spentMs, now);
        return result === null ? run(laneKey, task) : result.value;
      } finally {
        spentMs += now() - startedAt;
        schedule();
      }
    },
  };
}

/** Null: the task is not done when the time is over. */
function advance<Result>(
  task: SlicedTask<Result>,
  milliseconds: number,
  now: () => number,
): { value: Result } | null {
  const deadline = now() + milliseconds;
  for (;;) {
    const step = task.next();
    if (step.done) return { value: step.value };
    if (now() >= deadline) return null;
  }
}

/** Jobs by project and lane. Whose turn is next comes first. */
function createJobQueue() {
  type Lane = { name: string; jobs: Job[] };
  const lanesByProject = new Map<string, Lane[]>();

  const laneOf = ({ project, lane: name }: LaneKey) =>
    lanesByProject.get(project)?.find((lane) => lane.name === name);

  return {
    get isEmpty() {
      return lanesByProject.size === 0;
    },
    countIn: (laneKey: LaneKey) => laneOf(laneKey)?.jobs.length ?? 0,
    add(laneKey: LaneKey, job: Job): void {
      const lane = laneOf(laneKey);
      const lanes = lanesByProject.get(laneKey.project);
      if (lane !== undefined) lane.jobs.push(job);
      else if (lanes !== undefined) lanes.push({ name: laneKey.lane, jobs: [job] });
      else lanesByProject.set(laneKey.project, [{ name: laneKey.lane, jobs: [job] }]);
    },
    /** Runs one job for so long, then moves its lane and its project to the end. */
    runNext(milliseconds: number): void {
      const [project] = lanesByProject.keys();
      if (project === undefined) return;
      const lanes = lanesByProject.get(project) ?? [];
      const [lane] = lanes;
      if (lane?.jobs[0]?.(milliseconds)) lane.jobs.shift();
      // Only now: the job may have added others, also to this project.
      lanes.shift();
      if (lane !== undefined && lane.jobs.length > 0) lanes.push(lane);
      lanesByProject.delete(project);
      if (lanes.length > 0) lanesByProject.set(project, lanes);
    },
  };
}
