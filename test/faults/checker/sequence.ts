/** What one member saw between two resets: every change of the log in its turn, and no message as it was before. */

import { HISTORY_SIZE } from '@chatty/protocol';
import type { ReportViolation, StoredRoom } from './history.js';
import type { HistoryEntry } from './log-lines.js';

/** Missing numbers named after one jump. */
const MAX_NAMED_NUMBERS = 100;

/** C3, C6 and C7. A message that is older than the first one shown need not be there. */
export function checkMemberOrder(
  actor: string,
  lines: readonly HistoryEntry[],
  stored: StoredRoom | undefined,
  accuse: ReportViolation,
): void {
  let view: MemberView | undefined;
  for (const line of lines) {
    if (line.kind === 'reset') {
      view?.close();
      view = createMemberView(actor, line, stored, accuse);
    } else if (line.kind === 'page') view?.page(line);
    else if (line.kind === 'window') view?.shrink(line);
    else if (line.kind === 'recv') {
      view ??= createMemberView(actor, null, stored, accuse);
      view.receive(line);
    }
  }
  view?.close();
}

type MemberView = ReturnType<typeof createMemberView>;

function createMemberView(
  actor: string,
  reset: HistoryEntry | null,
  stored: StoredRoom | undefined,
  accuse: ReportViolation,
) {
  const shown = new Map<number, HistoryEntry>();
  /** Numbers that were not shown in their turn. */
  const missing = new Map<number, HistoryEntry>();
  const rows = stored?.rows ?? [];
  let first = 0;
  let lastId = 0;
  let lastSeq = 0;
  let paging = reset !== null;
  /** Up to where everything has been shown: new messages, and changes of those that were there. */
  let created = 0;
  let changed = 0;
  let frame: HistoryEntry | null = null;

  const isShown = (number: number) => {
    const id = stored?.stateBySeq.get(number)?.id ?? 0;
    return id === 0 || id < first || (shown.get(id)?.seq ?? 0) >= number;
  };

  function put(line: HistoryEntry): void {
    shown.set(line.id ?? 0, line);
    first ||= line.id ?? 0;
    lastId = Math.max(lastId, line.id ?? 0);
  }

  /** Everything the log says of (from, to], `wanted` of it, has to be there when `line` is. */
  function demand(from: number, to: number, line: HistoryEntry, wanted: (number: number) => boolean): void {
    let named = 0;
    for (let number = from + 1; number <= to && named < MAX_NAMED_NUMBERS; number += 1) {
      if (!wanted(number) || isShown(number)) continue;
      if (named === 0) accuse('silent-gap', `${actor} is at ${to} without ${number}`, line);
      missing.set(number, line);
      named += 1;
    }
  }

  const isCreation = (number: number) => stored?.stateBySeq.get(number)?.id === number;

  function skipped(line: HistoryEntry): void {
    const from = stored?.rowIndexById.get(lastId);
    const to = stored?.rowIndexById.get(line.id ?? 0);
    if (from === undefined || to === undefined || to <= from + 1) return;
    accuse('silent-gap', `${actor} was shown ${line.id} without ${rows[from + 1]?.id}`, line);
    for (const row of rows.slice(from + 1, Math.min(to, from + MAX_NAMED_NUMBERS)))
      missing.set(row.id ?? 0, line);
  }

  function page(line: HistoryEntry): void {
    const id = line.id ?? 0;
    if (shown.has(id)) accuse('duplicate', `${actor} was shown ${id} twice`, shown.get(id), line);
    else if (id <= lastId)
      accuse('inversion', `${actor} was shown ${id} after ${lastId}`, shown.get(lastId), line);
    else if (lastId > 0) skipped(line);
    put(line);
  }

  /** The pages are the room as it was at the position of the reset. */
  function endPages(): void {
    if (!paging || !reset) return;
    paging = false;
    const at = reset.seq ?? 0;
    // Of a room without messages every one that comes is shown.
    first ||= at + 1;
    const newest = rows.findLast(({ id }) => (id ?? 0) <= at)?.id ?? 0;
    if (newest !== lastId)
      accuse('gap', `the history of ${actor} ends at ${lastId}, not at ${newest}`, reset, shown.get(lastId));
    for (const [id, line] of shown) {
      const due = stored?.seqsByMessageId.get(id)?.findLast((number) => number <= at) ?? 0;
      if ((line.seq ?? 0) < due)
        accuse('silent-gap', `the history of ${actor} shows ${id} without its change ${due}`, reset, line);
    }
    created = at;
    changed = at;
    lastSeq = at;
  }

  function endFrame(): void {
    if (frame === null) return;
    const upto = frame.upto ?? 0;
    demand(Math.max(created, changed), upto, frame, () => true);
    created = Math.max(created, upto);
    changed = Math.max(changed, upto);
    frame = null;
  }

  function receive(line: HistoryEntry): void {
    endPages();
    if (frame !== null && frame.upto !== line.upto) endFrame();
    if (reset && line.epoch !== reset.epoch)
      accuse('inversion', `${actor} mixes two logs without a reset`, reset, line);
    const [id, seq] = [line.id ?? 0, line.seq ?? 0];
    const known = shown.get(id);
    if (reset === null && first === 0) {
      // Whoever begins without a history begins here.
      created = seq - 1;
      changed = seq - 1;
    }
    if (known?.seq === seq) accuse('duplicate', `${actor} was shown ${id} at ${seq} twice`, known, line);
    else if (known && (known.seq ?? 0) > seq)
      accuse('inversion', `${actor} was shown ${id} as it was before`, known, line);
    else if (line.upto === null ? !known && id <= lastId : seq <= lastSeq)
      accuse('inversion', `${actor} was shown ${id} at ${seq} out of its turn`, shown.get(lastId), line);
    if (!known || (known.seq ?? 0) < seq) put(line);
    lastSeq = Math.max(lastSeq, seq);
    if (line.upto !== null) frame = line;
    else if (known) {
      demand(changed, seq, line, (number) => !isCreation(number));
      changed = Math.max(changed, seq);
    } else {
      demand(created, id, line, isCreation);
      created = Math.max(created, id);
    }
  }

  /** The oldest lines are let go, and are asked for no more; the newest never are. */
  function shrink(line: HistoryEntry): void {
    endPages();
    endFrame();
    const from = line.id ?? 0;
    const held = [...shown.keys()].filter((id) => id >= from).length;
    if (held < HISTORY_SIZE && held < shown.size)
      accuse('gap', `${actor} let go of what is before ${from} and holds only ${held}`, line);
    first = Math.max(first, from);
    for (const id of shown.keys()) if (id < from) shown.delete(id);
  }

  return {
    page,
    shrink,
    receive,
    close() {
      endPages();
      endFrame();
      for (const [number, proof] of missing)
        if (!isShown(number)) accuse('gap', `${actor} never got ${number}`, proof);
    },
  };
}
