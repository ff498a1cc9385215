/** Shares the turns of the event loop among connections: what one sends beyond a number at once waits for the next turns. */

export type EventTurns = {
  /** Runs it now, or in a later turn where the connection has had its number in this one. In order for each connection. */
  run(connection: object, work: () => void): void;
};

/** `count` events of a connection were run in the turn `turn`. */
type Used = { turn: number; count: number };

/** Events of one connection in one turn: a chunk of a socket, or a poll, may hold thousands. */
const EVENTS_A_TURN = 50;

export function createEventTurns(eventsATurn = EVENTS_A_TURN): EventTurns {
  let turn = 0;
  let isEndAwaited = false;
  const used = new WeakMap<object, Used>();
  const waiting = new Map<object, (() => void)[]>();

  /** Whether the connection may have one more run in this turn; counts it. */
  function admits(connection: object): boolean {
    const own = used.get(connection);
    if (own === undefined) used.set(connection, { turn, count: 1 });
    else if (own.turn !== turn) Object.assign(own, { turn, count: 1 });
    else if (own.count >= eventsATurn) return false;
    else own.count += 1;
    return true;
  }

  function awaitEnd(): void {
    if (isEndAwaited) return;
    isEndAwaited = true;
    setImmediate(beginTurn);
  }

  function beginTurn(): void {
    isEndAwaited = false;
    turn += 1;
    for (const [connection, works] of waiting) {
      let next = 0;
      while (next < works.length && admits(connection)) works[next++]?.();
      if (next === works.length) waiting.delete(connection);
      else waiting.set(connection, works.slice(next));
    }
    if (waiting.size > 0) awaitEnd();
  }

  return {
    run(connection, work) {
      awaitEnd();
      const works = waiting.get(connection);
      if (works) works.push(work);
      else if (admits(connection)) work();
      else waiting.set(connection, [work]);
    },
  };
}
