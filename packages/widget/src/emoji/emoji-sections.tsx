/** All emoji by category, a block more with each frame, so that no frame waits for 1,900 buttons. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { COLUMNS, Rows, slices } from './emoji-rows.js';
import type { Category, Emoji } from './parse-data.js';

export type Section = { name: Category | 'recent'; emoji: readonly Emoji[] };

/** What the frame of the picker shows at once, and a little more. */
const BLOCK = 10 * COLUMNS;

export function Browse({
  sections,
  names,
}: {
  sections: readonly Section[];
  names: Record<Section['name'], string>;
}) {
  // The same objects again are not compared again.
  const blocks = useMemo(
    () =>
      sections.map(({ emoji }) =>
        slices(emoji, BLOCK).map((each, index) => <Rows key={index} emoji={each} />),
      ),
    [sections],
  );
  const all = blocks.flat().length;
  const [shown, setShown] = useState(1);
  useEffect(() => {
    if (shown >= all) return;
    const frame = requestAnimationFrame(() => setShown(shown + 1));
    return () => cancelAnimationFrame(frame);
  }, [shown, all]);
  let left = shown;
  return (
    <>
      {sections.map(({ name }, index) => {
        const drawn = blocks[index]?.slice(0, left) ?? [];
        left -= drawn.length;
        return drawn.length === 0 ? null : (
          <section key={name} data-name={name}>
            <h3>{names[name]}</h3>
            {/* biome-ignore lint/a11y/useSemanticElements: a table would be read as data. */}
            <div role="grid" aria-label={names[name]}>
              {drawn}
            </div>
          </section>
        );
      })}
    </>
  );
}
