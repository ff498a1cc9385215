/** Moves the focus in the emoji grid by arrow keys, with one cell as its tab stop. */

const PAGE_ROWS = 5;

/** Where a key leads from a cell; null where the key is none of ours, 'out' above the first row. */
export function nextCell(key: string, cell: HTMLElement, area: Element): HTMLElement | 'out' | null {
  const rows = [...area.querySelectorAll<HTMLElement>('.emoji-row')];
  const row = rows.findIndex((each) => each.contains(cell));
  const column = cellsOf(rows[row]).indexOf(cell);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowLeft':
      return adjacentCell(rows, row, column + directionOf(key, cell));
    case 'ArrowUp':
      return row === 0 ? 'out' : cellAt(rows[row - 1], column);
    case 'ArrowDown':
      return cellAt(rows[row + 1], column) ?? cell;
    case 'PageUp':
      return cellAt(rows[Math.max(0, row - PAGE_ROWS)], column);
    case 'PageDown':
      return cellAt(rows[Math.min(rows.length - 1, row + PAGE_ROWS)], column);
    case 'Home':
      return cellAt(rows[row], 0);
    case 'End':
      return cellAt(rows[row], Number.POSITIVE_INFINITY);
    default:
      return null;
  }
}

/** The button an arrow leads to in a line of them, around its ends; null where the key is no such arrow. */
export function nextButton(key: string, button: HTMLElement): HTMLElement | null {
  if (key !== 'ArrowRight' && key !== 'ArrowLeft') return null;
  const all = cellsOf(button.parentElement);
  return all.at((all.indexOf(button) + directionOf(key, button)) % all.length) ?? null;
}

/** Makes one the only one Tab stops at. */
export function setTabStop(cell: HTMLElement | null, area: Element): void {
  for (const each of area.querySelectorAll<HTMLElement>('[tabindex="0"]')) each.tabIndex = -1;
  if (cell) cell.tabIndex = 0;
}

/** +1 forward, -1 back, as the eye reads. */
function directionOf(key: 'ArrowRight' | 'ArrowLeft', element: Element): number {
  const rightToLeft = getComputedStyle(element).direction === 'rtl';
  return (key === 'ArrowRight') === rightToLeft ? -1 : 1;
}

function cellsOf(row: Element | null | undefined): HTMLElement[] {
  return [...(row?.querySelectorAll<HTMLElement>(':scope > button') ?? [])];
}

/** A short row gives its last. */
function cellAt(row: Element | undefined, column: number): HTMLElement | null {
  const cells = cellsOf(row);
  return cells[Math.min(column, cells.length - 1)] ?? null;
}

function adjacentCell(rows: HTMLElement[], row: number, column: number): HTMLElement | null {
  if (column < 0) return cellAt(rows[row - 1], Number.POSITIVE_INFINITY) ?? cellAt(rows[row], 0);
  return cellsOf(rows[row])[column] ?? cellAt(rows[row + 1], 0) ?? cellAt(rows[row], column);
}
