/** Work that can be done in slices: it yields wherever its caller may pause it to let the event loop run. */
export type Work<Result> = Generator<undefined, Result, undefined>;
