/** Waits for a signal to stop, and ends the process if the shutdown takes too long. */

/** Longest shutdown (R12); orchestrators kill the process after 30 s by default. */
const SHUTDOWN_TIMEOUT_MS = 30_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often to check that the parent npm process is alive. */
const PARENT_CHECK_INTERVAL_MS = 500;

/**
 * Resolves with the first stop signal, or `parent gone` when the npm that started the process was killed: otherwise the
 * process would keep its ports with nothing left to stop it. A shutdown longer than 30 s ends with exit code 1.
 */
export function waitForShutdownSignal(): Promise<string> {
  return new Promise((resolve) => {
    const beginShutdown = (reason: string) => {
      setTimeout(() => process.exit(1), SHUTDOWN_TIMEOUT_MS).unref();
      resolve(reason);
    };
    for (const signal of STOP_SIGNALS) process.on(signal, () => beginShutdown(signal));
    if (process.env.npm_lifecycle_event === undefined) return;
    const parentPid = process.ppid;
    const parentTimer = setInterval(() => {
      if (process.ppid === parentPid) return;
      clearInterval(parentTimer);
      beginShutdown('parent gone');
    }, PARENT_CHECK_INTERVAL_MS);
    parentTimer.unref();
  });
}
