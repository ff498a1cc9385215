/** The two clocks of a server: a monotonic one to measure with, and the wall clock, which may be set at any moment. */

/**
 * Milliseconds since the process started, for pauses, deadlines, rates and ages. Setting the machine's clock does not
 * change it. It stops while the machine is suspended, as timers do.
 */
export const monotonicTime = (): number => performance.now();

/**
 * Milliseconds since 1970, only to be shown, or compared with times from outside (in tokens, keys, cutoffs). Do not
 * subtract two of them: the clock may have been set in between.
 */
export const wallTime = (): number => Date.now();
