/** Decides which empty rooms close: they stay open for a while, limited in number and memory. */

export type IdleRoom = {
  /** Since when it has no subscribers, in milliseconds; null while it has some. */
  readonly emptySince: number | null;
  /** Estimated memory, in bytes. */
  readonly bytes: number;
};

/** Reloading the page within this time costs no query. */
const MAX_IDLE_MS = 30_000;
/** Bounds on empty rooms and their memory: a client may open any number of rooms one after another. */
const MAX_IDLE_ROOMS = 1_000;
const MAX_IDLE_BYTES = 64 * 1024 * 1024;

/** The rooms left most recently stay: they are the most likely to be joined again. @param now in milliseconds */
export function roomsToClose<Key, Room extends IdleRoom>(
  rooms: Iterable<readonly [Key, Room]>,
  now: number,
): [Key, Room][] {
  const empty: { emptySince: number; entry: [Key, Room] }[] = [];
  for (const [key, room] of rooms)
    if (room.emptySince !== null) empty.push({ emptySince: room.emptySince, entry: [key, room] });
  empty.sort((first, second) => second.emptySince - first.emptySince);
  let bytes = 0;
  const closing = empty.filter(({ emptySince, entry: [, room] }, index) => {
    bytes += room.bytes;
    return now - emptySince >= MAX_IDLE_MS || index >= MAX_IDLE_ROOMS || bytes > MAX_IDLE_BYTES;
  });
  return closing.map(({ entry }) => entry);
}
