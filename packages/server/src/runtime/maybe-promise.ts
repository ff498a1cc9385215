/** Values that are there at once nearly always: a crowd that comes at once would pay for each turn that one of it waits. */

export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with the value, in this turn where it is there. */
export function chainMaybePromise<Value, Next>(
  value: MaybePromise<Value>,
  onValue: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(onValue) : onValue(value);
}
