/** Runs a job for whoever asks, one run at a time: all who ask while it runs share the run after it. */

export type Coalesced = {
  /** Resolves with the end of a run that began after this was called; rejects as that run does. */
  (): Promise<void>;
  /** Resolves when nothing runs. Never rejects. */
  idle(): Promise<void>;
};

/** Whoever asks while the job runs may have changed something that the run has not seen, so that run is not enough. */
export function createCoalesced(job: () => Promise<void>): Coalesced {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function begin(): Promise<void> {
    const run = job();
    const done = () => {
      if (running === run) running = null;
    };
    run.then(done, done);
    running = run;
    return run;
  }

  function run(): Promise<void> {
    if (running === null) return begin();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return running ?? begin();
      });
    return next;
  }

  return Object.assign(run, {
    async idle() {
      while (running ?? next) await (next ?? running)?.catch(() => undefined);
    },
  });
}
