/** Values that are there at once nearly always: a crowd that comes at once would pay for each turn that one of it waits. */

export type AtOnce<Value> = Value | Promise<Value>;

/** Goes on with the value, in this turn where it is there. */
export function andThen<Value, Next>(value: AtOnce<Value>, go: (value: Value) => AtOnce<Next>): AtOnce<Next> {
  return value instanceof Promise ? value.then(go) : go(value);
}
