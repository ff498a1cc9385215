/** Decides which of the rooms that nobody is in stay open for whoever comes back: a few, for a while, with little in memory. */

/** What is used of a room. */
export type IdleRoom = {
  /** Since when nobody is in it, in milliseconds; null while somebody is. */
  readonly emptySince: number | null;
  /** What it keeps in memory, in bytes; an estimate. */
  readonly bytes: number;
};

/** How long an empty room stays open in milliseconds: a reader who reloads the page costs no query. */
const MAX_IDLE_MS = 30_000;
/** Most empty rooms, and the most memory for them: a visitor may name any number of rooms one after the other. */
const MAX_IDLE_ROOMS = 1_000;
const MAX_IDLE_BYTES = 64 * 1024 * 1024;

/** Those that close. The ones left last stay: they are the likeliest to be wanted again. @param now in milliseconds */
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
