/** Decides how long work that takes long keeps the process from everything else: one slice a turn, the projects by turns. */

import type { MaybePromise } from './maybe-promise.js';
import { UnavailableError } from './unavailable-error.js';

/** Yields wherever it can be left for a while. */
export type SlicedTask<Result> = Generator<undefined, Result, undefined>;

export type TimeSlicer = {
  /** Resolves with what the work comes to; rejects with what it throws. */
  run<Result>(laneKey: LaneKey, task: SlicedTask<Result>): Promise<Result>;
  /**
   * The same, begun in this turn where nothing waits before it and the turn has time left: short work is done at once.
   * Throws `Unavailable` where too much of the lane waits already.
   */
  runNowOrQueue<Result>(laneKey: LaneKey, task: SlicedTask<Result>): MaybePromise<Result>;
};

/** Whose time the work takes. Works of one lane are done one after another, the lanes of a project by turns. */
export type LaneKey = { project: string; lane: string };
/** Takes its turn as one project more: work that belongs to none of them. */
export const NO_PROJECT = '';

/** Longest time in milliseconds until the process is let go of, but for what lies between two yields. */
const SLICE_MS = 4;
/** Works of one lane that may wait: whoever comes then is told to come again, so that no wait is without end. */
const MAX_WAITING_JOBS = 100;

/** Goes on for so many milliseconds; answers whether the work is done. */
type Job = (milliseconds: number) => boolean;
type Lane = { name: string; jobs: Job[] };

export function createTimeSlicer(now: () => number = () => performance.now()): TimeSlicer {
  /** Whose turn it is, is first. */
  const lanesByProject = new Map<string, Lane[]>();
  let isScheduled = false;
  /** Milliseconds of this turn that works have taken at once. */
  let spentMs = 0;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(runSlice);
  }

  /** What else has come in meanwhile is looked at before each slice; one slice a turn, however much waits. */
  function runSlice(): void {
    isScheduled = false;
    spentMs = 0;
    const [project] = lanesByProject.keys();
    if (project === undefined) return;
    const lanes = lanesByProject.get(project) ?? [];
    const [lane] = lanes;
    if (lane?.jobs[0]?.(SLICE_MS)) lane.jobs.shift();
    // The work may have begun others, of this project too.
    lanes.shift();
    if (lane !== undefined && lane.jobs.length > 0) lanes.push(lane);
    lanesByProject.delete(project);
    if (lanes.length > 0) lanesByProject.set(project, lanes);
    if (lanesByProject.size > 0) schedule();
  }

  function laneOf({ project, lane: name }: LaneKey): Lane | undefined {
    return lanesByProject.get(project)?.find((lane) => lane.name === name);
  }

  function enqueue(laneKey: LaneKey, job: Job): void {
    const lane = laneOf(laneKey);
    const lanes = lanesByProject.get(laneKey.project);
    if (lane !== undefined) lane.jobs.push(job);
    else if (lanes !== undefined) lanes.push({ name: laneKey.lane, jobs: [job] });
    else lanesByProject.set(laneKey.project, [{ name: laneKey.lane, jobs: [job] }]);
    schedule();
  }

  /** Null: it is not done when the time is over. */
  function advance<Result>(task: SlicedTask<Result>, milliseconds: number): { value: Result } | null {
    const deadline = now() + milliseconds;
    for (;;) {
      const step = task.next();
      if (step.done) return { value: step.value };
      if (now() >= deadline) return null;
    }
  }

  function run<Result>(laneKey: LaneKey, task: SlicedTask<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      enqueue(laneKey, (milliseconds) => {
        try {
          const result = advance(task, milliseconds);
          if (result !== null) resolve(result.value);
          return result !== null;
        } catch (error) {
          reject(error);
          return true;
        }
      });
    });
  }

  return {
    run,
    runNowOrQueue(laneKey, task) {
      const waiting = laneOf(laneKey)?.jobs.length ?? 0;
      if (waiting >= MAX_WAITING_JOBS) throw new UnavailableError('too much of the project waits');
      if (waiting > 0 || spentMs >= SLICE_MS) return run(laneKey, task);
      const startedAt = now();
      try {
        const result = advance(task, SLICE_MS - spentMs);
        return result === null ? run(laneKey, task) : result.value;
      } finally {
        spentMs += now() - startedAt;
        schedule();
      }
    },
  };
}
