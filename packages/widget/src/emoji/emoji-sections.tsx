/** Renders all emoji by category, one block per animation frame, so that no frame waits for 1,900 buttons. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { chunk, EmojiRows, GRID_COLUMNS } from './emoji-rows.js';
import type { Category, Emoji } from './parse-data.js';

export type EmojiSection = { name: Category | 'recent'; emoji: readonly Emoji[] };

/** What the frame of the picker shows at once, and a little more. */
const BLOCK_SIZE = 10 * GRID_COLUMNS;

export function EmojiSections({
  sections,
  names,
}: {
  sections: readonly EmojiSection[];
  names: Record<EmojiSection['name'], string>;
}) {
  // The same objects again are not compared again.
  const blocks = useMemo(
    () =>
      sections.map(({ emoji }) =>
        chunk(emoji, BLOCK_SIZE).map((each, index) => <EmojiRows key={index} emoji={each} />),
      ),
    [sections],
  );
  const blockCount = blocks.flat().length;
  const [renderedBlocks, setRenderedBlocks] = useState(1);
  useEffect(() => {
    if (renderedBlocks >= blockCount) return;
    const frame = requestAnimationFrame(() => setRenderedBlocks(renderedBlocks + 1));
    return () => cancelAnimationFrame(frame);
  }, [renderedBlocks, blockCount]);
  let remainingBlocks = renderedBlocks;
  return (
    <>
      {sections.map(({ name }, index) => {
        const visibleBlocks = blocks[index]?.slice(0, remainingBlocks) ?? [];
        remainingBlocks -= visibleBlocks.length;
        return visibleBlocks.length === 0 ? null : (
          <section key={name} data-name={name}>
            <h3>{names[name]}</h3>
            {/* biome-ignore lint/a11y/useSemanticElements: a table would be read as data. */}
            <div role="grid" aria-label={names[name]}>
              {visibleBlocks}
            </div>
          </section>
        );
      })}
    </>
  );
}
