/** Decides when the process has been asked to stop, and sees to it that it ends. */

/** Longest orderly stop in milliseconds (R12); orchestrators kill after 30 s by default. */
const LONGEST_STOP = 30_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the first stop signal. A stop that takes longer than 30 s ends with exit code 1. */
export function onStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        setTimeout(() => process.exit(1), LONGEST_STOP).unref();
        resolve(signal);
      });
    }
  });
}
