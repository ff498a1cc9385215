/** Runs a job one run at a time: all calls during a run share the run after it. */

export type CoalescedJob = {
  /** Resolves when a run ends that began after this call; rejects if that run does. */
  (): Promise<void>;
  /** Resolves when nothing runs. Never rejects. */
  idle(): Promise<void>;
};

/** A call during a run may follow a change that the run has not seen, so it waits for another run. */
export function coalesce(job: () => Promise<void>): CoalescedJob {
  let currentRun: Promise<void> | null = null;
  let nextRun: Promise<void> | null = null;

  function startRun(): Promise<void> {
    const run = job();
    const onSettled = () => {
      if (currentRun === run) currentRun = null;
    };
    run.then(onSettled, onSettled);
    currentRun = run;
    return run;
  }

  function run(): Promise<void> {
    if (currentRun === null) return startRun();
    nextRun ??= currentRun
      .catch(() => undefined)
      .then(() => {
        nextRun = null;
        return currentRun ?? startRun();
      });
    return nextRun;
  }

  return Object.assign(run, {
    async idle() {
      while (currentRun ?? nextRun) await (nextRun ?? currentRun)?.catch(() => undefined);
    },
  });
}
