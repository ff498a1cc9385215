/** The emoji picker: a search field, all emoji by category, and keyboard navigation. */

import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ExtraStrings } from '../i18n/strings.js';
import { Icon } from '../panel/icon.js';
import { CategoryBar } from './category-bar.js';
import { EmojiRows } from './emoji-rows.js';
import { type EmojiSection, EmojiSections } from './emoji-sections.js';
import { nextCell, setTabStop } from './grid-navigation.js';
import { type LoadedEmoji, loadEmoji } from './load-data.js';
import type { Emoji } from './parse-data.js';
import styles from './picker.css';
import { recentEmoji, rememberEmoji } from './recent-emoji.js';
import { createSearch } from './search.js';

type Strings = Pick<ExtraStrings, 'emoji' | 'searchEmoji' | 'noEmojiFound' | 'cancel' | 'categories'>;

type Props = { pick(emoji: string): void; close(): void; words: Strings; locale: string };

/** Takes the focus when it appears. The opener takes it back after `close`, and after `pick` if it closes then. */
export function EmojiPicker({ pick, close, words, locale }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const viewport = useRef<HTMLDivElement>(null);
  const loadedEmoji = useLoadedEmoji(locale, close);
  const [query, setQuery] = useState('');
  const sections = useMemo(() => (loadedEmoji ? sectionsOf(loadedEmoji) : []), [loadedEmoji]);
  const results = useSearchResults(loadedEmoji, query);
  const isSearching = query.trim() !== '';
  const { currentCategory, updateCurrentCategory, scrollToCategory } = useCategory(
    viewport,
    sections,
    isSearching,
  );
  useStyleSheet(root);
  useInitialFocus(root, field);
  useLayoutEffect(() => {
    if (!viewport.current) return;
    viewport.current.scrollTop = 0;
    setTabStop(firstCell(viewport), viewport.current);
  }, [results, isSearching, sections]);

  const pickCell = (cell: HTMLElement | null) => {
    const emoji = cell?.textContent;
    if (!emoji) return;
    rememberEmoji(emoji);
    pick(emoji);
  };
  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    // The panel would close.
    event.stopPropagation();
    close();
  };
  const selectCategory = (name: EmojiSection['name']) => {
    if (field.current) field.current.value = '';
    setQuery('');
    scrollToCategory(name);
  };
  const grid = { viewport, field, sections, results, isSearching, loadedEmoji, words, locale, pickCell };

  return (
    <div
      ref={root}
      class="emoji"
      part="emoji"
      role="dialog"
      aria-label={words.emoji}
      tabIndex={-1}
      onKeyDown={closeOnEscape}
    >
      <SearchField
        {...{ field, viewport, setQuery, label: words.searchEmoji }}
        onEnter={() => isSearching && pickCell(firstCell(viewport))}
      />
      <EmojiGrid {...grid} onScroll={updateCurrentCategory} />
      <CategoryBar
        sections={sections}
        names={words.categories}
        label={words.emoji}
        currentCategory={currentCategory}
        onSelect={selectCategory}
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

function SearchField({
  field,
  viewport,
  label,
  setQuery,
  onEnter,
}: {
  field: RefObject<HTMLInputElement | null>;
  viewport: RefObject<HTMLDivElement | null>;
  label: string;
  setQuery: (query: string) => void;
  onEnter: () => void;
}) {
  const onKeydown = (event: KeyboardEvent) => {
    // The input method takes these for itself.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'ArrowDown') firstCell(viewport)?.focus();
    else onEnter();
  };
  return (
    <input
      ref={field}
      class="emoji-search"
      type="search"
      placeholder={label}
      aria-label={label}
      autocomplete="off"
      spellcheck={false}
      enterkeyhint="done"
      // Each event counts: a half-composed syllable is searched as well.
      onInput={(event) => setQuery(event.currentTarget.value)}
      onKeyDown={onKeydown}
    />
  );
}

function EmojiGrid({
  viewport,
  field,
  sections,
  results,
  isSearching,
  loadedEmoji,
  words,
  locale,
  pickCell,
  onScroll,
}: {
  viewport: RefObject<HTMLDivElement | null>;
  field: RefObject<HTMLInputElement | null>;
  sections: readonly EmojiSection[];
  results: readonly Emoji[];
  isSearching: boolean;
  loadedEmoji: LoadedEmoji | null;
  words: Strings;
  locale: string;
  pickCell: (cell: HTMLElement | null) => void;
  onScroll: () => void;
}) {
  const onKeydown = (event: KeyboardEvent) => {
    const cell = cellOf(event);
    const shown = visibleArea(viewport);
    if (!cell || !shown || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = nextCell(event.key, cell, shown);
    if (next === null) return;
    event.preventDefault();
    if (next === 'out') field.current?.focus();
    else next.focus();
  };
  const onFocusIn = (event: FocusEvent) => {
    const cell = cellOf(event);
    if (cell && viewport.current) setTabStop(cell, viewport.current);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: listens for all its cells.
    <div
      ref={viewport}
      class="emoji-frame"
      lang={loadedEmoji?.language}
      aria-busy={loadedEmoji === null}
      onScroll={onScroll}
      onKeyDown={onKeydown}
      onClick={(event) => pickCell(cellOf(event))}
      onFocusIn={onFocusIn}
    >
      <div hidden={isSearching}>
        {loadedEmoji && <EmojiSections sections={sections} names={words.categories} />}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a table would be read as data. */}
      <div hidden={!isSearching} role="grid" aria-label={words.searchEmoji}>
        {results.length > 0 && <EmojiRows emoji={results} />}
      </div>
      <p class="emoji-none" role="status" lang={locale}>
        {loadedEmoji && isSearching && results.length === 0 ? words.noEmojiFound : null}
      </p>
    </div>
  );
}

/** The search results or all emoji, whichever is shown. */
function visibleArea(viewport: RefObject<HTMLElement | null>): Element | null {
  return viewport.current?.querySelector(':scope > div:not([hidden])') ?? null;
}

function firstCell(viewport: RefObject<HTMLElement | null>): HTMLElement | null {
  return visibleArea(viewport)?.querySelector<HTMLElement>('.emoji-row button') ?? null;
}

function cellOf(event: Event): HTMLElement | null {
  return (event.target as Element).closest<HTMLElement>('[role="gridcell"]');
}

/** Null until they are loaded. If loading fails the picker closes and can be opened again. */
function useLoadedEmoji(locale: string, close: () => void): LoadedEmoji | null {
  const [loadedEmoji, setLoadedEmoji] = useState<LoadedEmoji | null>(null);
  useEffect(() => {
    let isMounted = true;
    loadEmoji(locale).then(
      (value) => isMounted && setLoadedEmoji(value),
      () => isMounted && close(),
    );
    return () => {
      isMounted = false;
    };
  }, [locale]);
  return loadedEmoji;
}

function useSearchResults(loadedEmoji: LoadedEmoji | null, query: string): readonly Emoji[] {
  const search = useMemo(
    () => createSearch((loadedEmoji?.groups ?? []).flatMap(({ emoji }) => emoji)),
    [loadedEmoji],
  );
  return useMemo(() => search(query), [search, query]);
}

/** Emoji picked now join the recent ones when the picker opens next, so that nothing moves under the pointer. */
function sectionsOf({ groups }: LoadedEmoji): EmojiSection[] {
  const emojiByText = new Map(groups.flatMap(({ emoji }) => emoji.map((each) => [each.emoji, each])));
  const recent = recentEmoji().flatMap((each): Emoji | [] => emojiByText.get(each) ?? []);
  const sections = groups.map(({ category, emoji }): EmojiSection => ({ name: category, emoji }));
  return recent.length > 0 ? [{ name: 'recent', emoji: recent }, ...sections] : sections;
}

/** The category in view, and the way to another. */
function useCategory(
  viewport: RefObject<HTMLDivElement | null>,
  sections: readonly EmojiSection[],
  isSearching: boolean,
) {
  const [categoryInView, setCategoryInView] = useState<EmojiSection['name'] | null>(null);
  const [target, setTarget] = useState<{ name: EmojiSection['name'] } | null>(null);
  const sectionElement = (name: string) =>
    viewport.current?.querySelector<HTMLElement>(`[data-name="${name}"]`) ?? null;
  // After the search has made room for the categories.
  useLayoutEffect(() => {
    const section = target && sectionElement(target.name);
    if (viewport.current && section) viewport.current.scrollTop = section.offsetTop;
  }, [target]);
  const updateCurrentCategory = () => {
    const top = (viewport.current?.scrollTop ?? 0) + 1;
    const passedSections = sections.filter(
      ({ name }) => (sectionElement(name)?.offsetTop ?? Number.POSITIVE_INFINITY) <= top,
    );
    setCategoryInView(passedSections.at(-1)?.name ?? null);
  };
  return {
    currentCategory: isSearching ? null : (categoryInView ?? sections[0]?.name ?? null),
    updateCurrentCategory,
    scrollToCategory: (name: EmojiSection['name']) => setTarget({ name }),
  };
}

/** The style sheet comes with the first picker of a root, and stays. */
function useStyleSheet(element: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const root = element.current?.getRootNode();
    if (!(root instanceof ShadowRoot || root instanceof Document) || rootsWithStyles.has(root)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    rootsWithStyles.add(root);
  }, [element]);
}

const rootsWithStyles = new WeakSet<Node>();

/** On a touch screen the keyboard would cover the emoji. */
function useInitialFocus(root: RefObject<HTMLElement | null>, field: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const isTouchScreen = matchMedia('(pointer: coarse)').matches;
    (isTouchScreen ? root : field).current?.focus({ preventScroll: true });
  }, [root, field]);
}
