/** Values that are usually available synchronously. Avoids a microtask per value, which adds up when thousands connect at once. */

export type MaybePromise<Value> = Value | Promise<Value>;

/** Passes the value on, synchronously where it is available. */
export function chainMaybePromise<Value, Next>(
  value: MaybePromise<Value>,
  onValue: (value: Value) => MaybePromise<Next>,
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(onValue) : onValue(value);
}
