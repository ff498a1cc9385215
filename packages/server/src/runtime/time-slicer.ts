/** Decides how long work that takes long keeps the process from everything else: one slice a turn, the projects by turns. */

import { Unavailable } from '../store/store.js';
import type { AtOnce } from './maybe-promise.js';

/** Yields wherever it can be left for a while. */
export type Work<Result> = Generator<undefined, Result, undefined>;

export type Slices = {
  /** Resolves with what the work comes to; rejects with what it throws. */
  run<Result>(place: Place, work: Work<Result>): Promise<Result>;
  /**
   * The same, begun in this turn where nothing waits before it and the turn has time left: short work is done at once.
   * Throws `Unavailable` where too much of the lane waits already.
   */
  runSoon<Result>(place: Place, work: Work<Result>): AtOnce<Result>;
};

/** Whose time the work takes. Works of one lane are done one after another, the lanes of a project by turns. */
export type Place = { project: string; lane: string };
/** Takes its turn as one project more: work that belongs to none of them. */
export const ALL_PROJECTS = '';

/** Longest time in milliseconds until the process is let go of, but for what lies between two yields. */
const SLICE_MS = 4;
/** Works of one lane that may wait: whoever comes then is told to come again, so that no wait is without end. */
const WAITING = 100;

/** Goes on for so many milliseconds; answers whether the work is done. */
type Job = (milliseconds: number) => boolean;
type Lane = { name: string; jobs: Job[] };

export function createSlices(now: () => number = () => performance.now()): Slices {
  /** Whose turn it is, is first. */
  const projects = new Map<string, Lane[]>();
  let scheduled = false;
  /** Milliseconds of this turn that works have taken at once. */
  let spent = 0;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  }

  /** What else has come in meanwhile is looked at before each slice; one slice a turn, however much waits. */
  function turn(): void {
    scheduled = false;
    spent = 0;
    const [project] = projects.keys();
    if (project === undefined) return;
    const lanes = projects.get(project) ?? [];
    const [lane] = lanes;
    if (lane?.jobs[0]?.(SLICE_MS)) lane.jobs.shift();
    // The work may have begun others, of this project too.
    lanes.shift();
    if (lane !== undefined && lane.jobs.length > 0) lanes.push(lane);
    projects.delete(project);
    if (lanes.length > 0) projects.set(project, lanes);
    if (projects.size > 0) schedule();
  }

  function laneOf({ project, lane: name }: Place): Lane | undefined {
    return projects.get(project)?.find((lane) => lane.name === name);
  }

  function wait(place: Place, job: Job): void {
    const lane = laneOf(place);
    const lanes = projects.get(place.project);
    if (lane !== undefined) lane.jobs.push(job);
    else if (lanes !== undefined) lanes.push({ name: place.lane, jobs: [job] });
    else projects.set(place.project, [{ name: place.lane, jobs: [job] }]);
    schedule();
  }

  /** Null: it is not done when the time is over. */
  function goOn<Result>(work: Work<Result>, milliseconds: number): { value: Result } | null {
    const until = now() + milliseconds;
    for (;;) {
      const step = work.next();
      if (step.done) return { value: step.value };
      if (now() >= until) return null;
    }
  }

  function run<Result>(place: Place, work: Work<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      wait(place, (milliseconds) => {
        try {
          const done = goOn(work, milliseconds);
          if (done !== null) resolve(done.value);
          return done !== null;
        } catch (error) {
          reject(error);
          return true;
        }
      });
    });
  }

  return {
    run,
    runSoon(place, work) {
      const waiting = laneOf(place)?.jobs.length ?? 0;
      if (waiting >= WAITING) throw new Unavailable('too much of the project waits');
      if (waiting > 0 || spent >= SLICE_MS) return run(place, work);
      const began = now();
      try {
        const done = goOn(work, SLICE_MS - spent);
        return done === null ? run(place, work) : done.value;
      } finally {
        spent += now() - began;
        schedule();
      }
    },
  };
}
