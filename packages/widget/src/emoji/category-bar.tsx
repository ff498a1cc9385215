/** The emoji categories as a row of buttons: one tab stop, arrow keys between them. */

import type { EmojiSection } from './emoji-sections.js';
import { nextButton } from './grid-navigation.js';

/** The flag and the clock of the font itself; the words are in the labels. */
const CATEGORY_ICONS: Record<EmojiSection['name'], string> = {
  recent: '🕘',
  smileys: '😀',
  people: '👋',
  nature: '🐻',
  food: '🍔',
  travel: '✈️',
  activity: '⚽',
  objects: '💡',
  symbols: '❤️',
  flags: '🚩',
};

export function CategoryBar({
  sections,
  names,
  label,
  currentCategory,
  onSelect,
}: {
  sections: readonly EmojiSection[];
  names: Record<EmojiSection['name'], string>;
  label: string;
  currentCategory: EmojiSection['name'] | null;
  onSelect(name: EmojiSection['name']): void;
}) {
  return (
    <div
      class="emoji-bar"
      role="toolbar"
      aria-label={label}
      onKeyDown={(event) => {
        const next = nextButton(event.key, event.target as HTMLElement);
        if (!next) return;
        event.preventDefault();
        next.focus();
      }}
    >
      {sections.map(({ name }, index) => (
        <button
          type="button"
          key={name}
          tabIndex={(currentCategory === null ? index === 0 : name === currentCategory) ? 0 : -1}
          aria-label={names[name]}
          title={names[name]}
          aria-current={name === currentCategory ? 'true' : undefined}
          onClick={() => onSelect(name)}
        >
          {CATEGORY_ICONS[name]}
        </button>
      ))}
    </div>
  );
}
