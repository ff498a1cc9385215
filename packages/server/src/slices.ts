/** Decides how long work that takes long keeps the process from everything else: a slice at a time, by turns with other such work. */

/** Yields wherever it can be left for a while. */
export type Work<Result> = Generator<undefined, Result, undefined>;

export type Slices = {
  /** Resolves with what the work comes to; rejects with what it throws. */
  run<Result>(work: Work<Result>): Promise<Result>;
};

/** Longest time in milliseconds until the process is let go of, but for what lies between two yields. */
const SLICE = 4;

export function createSlices(now: () => number = () => performance.now()): Slices {
  /** Each does a slice and answers whether it is done. */
  const waiting: (() => boolean)[] = [];
  let running = false;

  async function turn(): Promise<void> {
    running = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      // What else has come in meanwhile is looked at before each slice; one slice a turn, however much waits.
      await new Promise((resolve) => setImmediate(resolve));
      if (!next()) waiting.push(next);
    }
    running = false;
  }

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          const until = now() + SLICE;
          try {
            for (let step = work.next(); ; step = work.next()) {
              if (step.done) resolve(step.value);
              if (step.done || now() >= until) return step.done === true;
            }
          } catch (error) {
            reject(error);
            return true;
          }
        });
        if (!running) void turn();
      }),
  };
}
