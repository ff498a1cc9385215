/** The emoji picker: a search field, all emoji by category, and the keys to walk through them. */

import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MoreWords } from '../i18n/strings.js';
import { Icon } from '../panel/icon.js';
import { Bar } from './category-bar.js';
import { Rows } from './emoji-rows.js';
import { Browse, type Section } from './emoji-sections.js';
import { cellAfter, stopTabAt } from './grid-navigation.js';
import { type Emojis, loadEmoji } from './load-data.js';
import type { Emoji } from './parse-data.js';
import styles from './picker.css';
import { recentEmoji, remember } from './recent-emoji.js';
import { createSearch } from './search.js';

/** Takes the focus when it appears; whoever opens it gives the focus back after `close`, and after `pick` if it closes then. */
export function EmojiPicker({
  pick,
  close,
  words,
  locale,
}: {
  pick(emoji: string): void;
  close(): void;
  words: Pick<MoreWords, 'emoji' | 'searchEmoji' | 'noEmojiFound' | 'cancel' | 'categories'>;
  locale: string;
}) {
  const root = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const emojis = useEmojis(locale, close);
  const [query, setQuery] = useState('');
  const sections = useMemo(() => (emojis ? sectionsOf(emojis) : []), [emojis]);
  const search = useMemo(() => createSearch((emojis?.groups ?? []).flatMap(({ emoji }) => emoji)), [emojis]);
  const found = useMemo(() => search(query), [search, query]);
  const searching = query.trim() !== '';
  const { current, follow, go } = useCategory(frame, sections, searching);
  useStyles(root);
  useFocus(root, field);

  /** What is seen: what was found, or everything. */
  const area = () => frame.current?.querySelector(':scope > div:not([hidden])') ?? null;
  const firstCell = () => area()?.querySelector<HTMLElement>('.emoji-row button') ?? null;
  useLayoutEffect(() => {
    if (!frame.current) return;
    frame.current.scrollTop = 0;
    stopTabAt(firstCell(), frame.current);
  }, [found, searching, sections]);

  const take = (cell: HTMLElement | null) => {
    const emoji = cell?.textContent;
    if (!emoji) return;
    remember(emoji);
    pick(emoji);
  };
  const walk = (event: KeyboardEvent) => {
    const cell = cellOf(event);
    const shown = area();
    if (!cell || !shown || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = cellAfter(event.key, cell, shown);
    if (next === null) return;
    event.preventDefault();
    if (next === 'out') field.current?.focus();
    else next.focus();
  };
  const searchKey = (event: KeyboardEvent) => {
    // The input method takes these for itself.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'ArrowDown') firstCell()?.focus();
    else if (searching) take(firstCell());
  };

  return (
    <div
      ref={root}
      class="emoji"
      part="emoji"
      role="dialog"
      aria-label={words.emoji}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        // The panel would close.
        event.stopPropagation();
        close();
      }}
    >
      <input
        ref={field}
        class="emoji-search"
        type="search"
        placeholder={words.searchEmoji}
        aria-label={words.searchEmoji}
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="done"
        // Each event counts: a syllable half composed is sought as well.
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={searchKey}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: listens for all its cells. */}
      <div
        ref={frame}
        class="emoji-frame"
        lang={emojis?.language}
        aria-busy={emojis === null}
        onScroll={follow}
        onKeyDown={walk}
        onClick={(event) => take(cellOf(event))}
        onFocusIn={(event: FocusEvent) => {
          const cell = cellOf(event);
          if (cell && frame.current) stopTabAt(cell, frame.current);
        }}
      >
        <div hidden={searching}>{emojis && <Browse sections={sections} names={words.categories} />}</div>
        {/* biome-ignore lint/a11y/useSemanticElements: a table would be read as data. */}
        <div hidden={!searching} role="grid" aria-label={words.searchEmoji}>
          {found.length > 0 && <Rows emoji={found} />}
        </div>
        <p class="emoji-none" role="status" lang={locale}>
          {emojis && searching && found.length === 0 ? words.noEmojiFound : null}
        </p>
      </div>
      <Bar
        sections={sections}
        names={words.categories}
        label={words.emoji}
        current={current}
        go={(name) => {
          if (field.current) field.current.value = '';
          setQuery('');
          go(name);
        }}
      />
      <button
        type="button"
        class="emoji-close"
        aria-label={words.cancel}
        title={words.cancel}
        onClick={close}
      >
        <Icon path="M6 6l12 12M18 6L6 18" />
      </button>
    </div>
  );
}

function cellOf(event: Event): HTMLElement | null {
  return (event.target as Element).closest<HTMLElement>('[role="gridcell"]');
}

/** Null until they are here. Where they do not come there is nothing to pick from: it closes, and may be opened again. */
function useEmojis(locale: string, close: () => void): Emojis | null {
  const [emojis, setEmojis] = useState<Emojis | null>(null);
  useEffect(() => {
    let wanted = true;
    loadEmoji(locale).then(
      (value) => wanted && setEmojis(value),
      () => wanted && close(),
    );
    return () => {
      wanted = false;
    };
  }, [locale]);
  return emojis;
}

/** What was picked while the picker is open joins the recent ones when it opens next: nothing moves under the pointer. */
function sectionsOf({ groups }: Emojis): Section[] {
  const all = new Map(groups.flatMap(({ emoji }) => emoji.map((each) => [each.emoji, each])));
  const recent = recentEmoji().flatMap((each): Emoji | [] => all.get(each) ?? []);
  const sections = groups.map(({ category, emoji }): Section => ({ name: category, emoji }));
  return recent.length > 0 ? [{ name: 'recent', emoji: recent }, ...sections] : sections;
}

/** The category in view, and the way to another. */
function useCategory(
  frame: RefObject<HTMLDivElement | null>,
  sections: readonly Section[],
  searching: boolean,
) {
  const [reached, setReached] = useState<Section['name'] | null>(null);
  const [target, setTarget] = useState<{ name: Section['name'] } | null>(null);
  const placeOf = (name: string) =>
    frame.current?.querySelector<HTMLElement>(`[data-name="${name}"]`) ?? null;
  // After the search has made room for the categories.
  useLayoutEffect(() => {
    const place = target && placeOf(target.name);
    if (frame.current && place) frame.current.scrollTop = place.offsetTop;
  }, [target]);
  const follow = () => {
    const top = (frame.current?.scrollTop ?? 0) + 1;
    const passed = sections.filter(
      ({ name }) => (placeOf(name)?.offsetTop ?? Number.POSITIVE_INFINITY) <= top,
    );
    setReached(passed.at(-1)?.name ?? null);
  };
  return {
    current: searching ? null : (reached ?? sections[0]?.name ?? null),
    follow,
    go: (name: Section['name']) => setTarget({ name }),
  };
}

/** The style sheet comes with the first picker of a root, and stays. */
function useStyles(element: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const root = element.current?.getRootNode();
    if (!(root instanceof ShadowRoot || root instanceof Document) || adopted.has(root)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    adopted.add(root);
  }, [element]);
}

const adopted = new WeakSet<Node>();

/** On a touch screen the keyboard would cover what is to be looked at. */
function useFocus(root: RefObject<HTMLElement | null>, field: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const touch = matchMedia('(pointer: coarse)').matches;
    (touch ? root : field).current?.focus({ preventScroll: true });
  }, [root, field]);
}
