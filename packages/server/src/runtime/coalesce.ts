/** Runs a job for whoever asks, one run at a time: all who ask while it runs share the run after it. */

export type CoalescedJob = {
  /** Resolves with the end of a run that began after this was called; rejects as that run does. */
  (): Promise<void>;
  /** Resolves when nothing runs. Never rejects. */
  idle(): Promise<void>;
};

/** Whoever asks while the job runs may have changed something that the run has not seen, so that run is not enough. */
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
