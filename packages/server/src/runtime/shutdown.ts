/** Decides when the process has been asked to stop, and sees to it that it ends. */

/** Longest orderly stop in milliseconds (R12); orchestrators kill after 30 s by default. */
const LONGEST_STOP = 30_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often the npm that started us is looked for, in milliseconds. */
const PARENT_CHECK = 500;

/**
 * Resolves with the first stop signal, or `parent gone` when the npm that started the process was killed: nobody could
 * stop it any more, and it would keep its ports. A stop that takes longer than 30 s ends with exit code 1.
 */
export function onStop(): Promise<string> {
  return new Promise((resolve) => {
    const stop = (reason: string) => {
      setTimeout(() => process.exit(1), LONGEST_STOP).unref();
      resolve(reason);
    };
    for (const signal of SIGNALS) process.on(signal, () => stop(signal));
    if (process.env.npm_lifecycle_event === undefined) return;
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      stop('parent gone');
    }, PARENT_CHECK);
    watch.unref();
  });
}
