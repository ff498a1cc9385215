/** Shares the turns of the event loop among connections: what one sends beyond a number at once waits for the next turns. */

export type FairScheduler = {
  /** Runs it now, or in a later turn where the connection has had its number in this one. In order for each connection. */
  run(connection: object, task: () => void): void;
};

/** `count` events of a connection were run in the turn `turn`. */
type TurnUsage = { turn: number; count: number };

/** Events of one connection in one turn: a chunk of a socket, or a poll, may hold thousands. */
const MAX_EVENTS_PER_TURN = 50;

export function createFairScheduler(maxEventsPerTurn = MAX_EVENTS_PER_TURN): FairScheduler {
  let turn = 0;
  let isNextTurnScheduled = false;
  const usageByConnection = new WeakMap<object, TurnUsage>();
  const waitingTasks = new Map<object, (() => void)[]>();

  /** Whether the connection may have one more run in this turn; counts it. */
  function tryUseTurn(connection: object): boolean {
    const usage = usageByConnection.get(connection);
    if (usage === undefined) usageByConnection.set(connection, { turn, count: 1 });
    else if (usage.turn !== turn) Object.assign(usage, { turn, count: 1 });
    else if (usage.count >= maxEventsPerTurn) return false;
    else usage.count += 1;
    return true;
  }

  function scheduleNextTurn(): void {
    if (isNextTurnScheduled) return;
    isNextTurnScheduled = true;
    setImmediate(beginTurn);
  }

  function beginTurn(): void {
    isNextTurnScheduled = false;
    turn += 1;
    for (const [connection, tasks] of waitingTasks) {
      let next = 0;
      while (next < tasks.length && tryUseTurn(connection)) tasks[next++]?.();
      if (next === tasks.length) waitingTasks.delete(connection);
      else waitingTasks.set(connection, tasks.slice(next));
    }
    if (waitingTasks.size > 0) scheduleNextTurn();
  }

  return {
    run(connection, task) {
      scheduleNextTurn();
      const tasks = waitingTasks.get(connection);
      if (tasks) tasks.push(task);
      else if (tryUseTurn(connection)) task();
      else waitingTasks.set(connection, [task]);
    },
  };
}
