/** Draws emoji in rows of eight, each cell named for who does not see it. */

import type { Emoji } from './parse-data.js';

export const COLUMNS = 8;

/** Without `Array.from`, which old libraries of the page replace. */
export function slices(emoji: readonly Emoji[], length: number): Emoji[][] {
  const found: Emoji[][] = [];
  for (let from = 0; from < emoji.length; from += length) found.push(emoji.slice(from, from + length));
  return found;
}

/** Some of the rows of a grid. */
export function Rows({ emoji }: { emoji: readonly Emoji[] }) {
  const rows = slices(emoji, COLUMNS);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table would be read as data.
    <div role="rowgroup">
      {rows.map((row) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus.
        <div role="row" class="emoji-row">
          {row.map((each) => (
            // biome-ignore lint/a11y/useSemanticElements: as above.
            <button type="button" role="gridcell" tabIndex={-1} aria-label={each.label}>
              {each.emoji}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
