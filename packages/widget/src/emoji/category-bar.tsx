/** The categories as one line of buttons: one stop for Tab, arrows between them. */

import type { Section } from './emoji-sections.js';
import { buttonAfter } from './grid-navigation.js';

/** The flag and the clock of the font itself; the words are in the labels. */
const FACES: Record<Section['name'], string> = {
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

export function Bar({
  sections,
  names,
  label,
  current,
  go,
}: {
  sections: readonly Section[];
  names: Record<Section['name'], string>;
  label: string;
  current: Section['name'] | null;
  go(name: Section['name']): void;
}) {
  return (
    <div
      class="emoji-bar"
      role="toolbar"
      aria-label={label}
      onKeyDown={(event) => {
        const next = buttonAfter(event.key, event.target as HTMLElement);
        if (!next) return;
        event.preventDefault();
        next.focus();
      }}
    >
      {sections.map(({ name }, index) => (
        <button
          type="button"
          key={name}
          tabIndex={(current === null ? index === 0 : name === current) ? 0 : -1}
          aria-label={names[name]}
          title={names[name]}
          aria-current={name === current ? 'true' : undefined}
          onClick={() => go(name)}
        >
          {FACES[name]}
        </button>
      ))}
    </div>
  );
}
