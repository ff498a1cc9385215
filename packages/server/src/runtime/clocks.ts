/** The two clocks of a server: one that measures and cannot be set, one that says what time it is and can be set at any moment. */

/**
 * Milliseconds since the process began: for pauses, deadlines, rates and ages. Setting the machine's clock does not touch
 * it. While the machine is suspended it stands still, as timers do.
 */
export const monotonicTime = (): number => performance.now();

/**
 * Milliseconds since 1970: only to be shown, or compared with moments that others wrote (in tokens, keys, cut-offs). A
 * difference of two of them says nothing: the clock may have been set between them.
 */
export const wallTime = (): number => Date.now();
