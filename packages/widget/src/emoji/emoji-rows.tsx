/** Renders emoji in rows of eight, each cell with a name for screen readers. */

import type { Emoji } from './parse-data.js';

export const GRID_COLUMNS = 8;

/** Without `Array.from`, which old libraries of the page replace. */
export function chunk(emoji: readonly Emoji[], length: number): Emoji[][] {
  const chunks: Emoji[][] = [];
  for (let from = 0; from < emoji.length; from += length) chunks.push(emoji.slice(from, from + length));
  return chunks;
}

/** Some of the rows of a grid. */
export function EmojiRows({ emoji }: { emoji: readonly Emoji[] }) {
  const rows = chunk(emoji, GRID_COLUMNS);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table would be read as data.
    <div role="rowgroup">
      {rows.map((row) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus.
        <div role="row" class="emoji-row">
          {row.map((emojiInRow) => (
            // biome-ignore lint/a11y/useSemanticElements: as above.
            <button type="button" role="gridcell" tabIndex={-1} aria-label={emojiInRow.label}>
              {emojiInRow.emoji}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
