/** Decides what a project's list of words makes of a text: nothing, a text with stars, or a refusal. */

import { buildWordFilter, type FilterWord, type WordFilter } from '@chatty/text-filter/word-filter';
import type { Projects } from '../projects/projects.js';
import { createKept } from '../runtime/per-project-cache.js';
import { createSlices, type Slices } from '../runtime/time-slicer.js';

export type Filters = {
  /**
   * The text as it may go out; null: it may not. Texts of a project are looked at one after another, and others' meanwhile.
   * Rejects with `Unavailable` where too many of the project wait: none goes out unread.
   *
   * @param text in stored form (`cleanContent`)
   */
  pass(project: string, text: string): Promise<string | null>;
  /** Whether a text may be this one, masked by a list of the project as it is or once was. */
  isMasked(project: string, masked: string, text: string): boolean;
};

export function createFilters(options: { projects: Projects; slices?: Slices }): Filters {
  const { projects, slices = createSlices() } = options;
  const filters = createKept<readonly FilterWord[], WordFilter>({
    slices,
    lane: 'word list',
    sourceOf(project) {
      const words = projects.get(project)?.settings.words ?? [];
      return words.length === 0 ? null : words;
    },
    make: (words) => buildWordFilter(words),
  });
  projects.onChange(filters.review);

  return {
    async pass(project, text) {
      const filter = await filters.of(project);
      if (filter === null) return text;
      const masked = await slices.runSoon({ project, lane: 'messages' }, filter.mask(text));
      if (masked === text) return text;
      return projects.get(project)?.settings.wordAction === 'mask' ? masked : null;
    },
    isMasked: (project, masked, text) => projects.get(project) !== null && isWithStars(masked, text),
  };
}

/** Whether one text is the other with stars in place of characters other than spaces. */
function isWithStars(masked: string, text: string): boolean {
  const [stars, letters] = [[...masked], [...text]];
  return (
    stars.length === letters.length &&
    stars.every((star, at) => star === letters[at] || (star === '*' && /\S/u.test(letters[at] ?? '')))
  );
}
