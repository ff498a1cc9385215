/** Applies a project's word list to a text: it passes, is masked with stars, or is refused. */

import { buildWordFilter, type FilterWord, type WordFilter } from '@chatty/text-filter';
import type { Projects } from '../projects/projects.js';
import { createPerProjectCache } from '../runtime/per-project-cache.js';
import { createTimeSlicer, type TimeSlicer } from '../runtime/time-slicer.js';

export type WordFilters = {
  /**
   * The text, masked where the project wants that; null: refused. Texts of one project are checked one after another, those
   * of several projects in turns. Rejects with `UnavailableError` if too many texts of the project are waiting.
   *
   * @param text in stored form (`cleanContent`)
   */
  apply(project: string, text: string): Promise<string | null>;
  /** Whether `masked` may be `text`, masked by a current or earlier word list of the project. */
  couldBeMasked(project: string, masked: string, text: string): boolean;
};

export function createWordFilters(options: { projects: Projects; slices?: TimeSlicer }): WordFilters {
  const { projects, slices = createTimeSlicer() } = options;
  const filterCache = createPerProjectCache<readonly FilterWord[], WordFilter>({
    timeSlicer: slices,
    lane: 'word list',
    sourceOf(project) {
      const words = projects.get(project)?.settings.words ?? [];
      return words.length === 0 ? null : words;
    },
    build: (words) => buildWordFilter(words),
  });
  projects.onChange(filterCache.refresh);

  return {
    async apply(project, text) {
      const filter = await filterCache.get(project);
      if (filter === null) return text;
      const masked = await slices.runNowOrQueue({ project, lane: 'messages' }, filter.mask(text));
      if (masked === text) return text;
      return projects.get(project)?.settings.wordAction === 'mask' ? masked : null;
    },
    couldBeMasked: (project, masked, text) =>
      projects.get(project) !== null && matchesWithStars(masked, text),
  };
}

/** Whether the texts are equal but for stars in place of characters other than spaces. */
function matchesWithStars(masked: string, text: string): boolean {
  const [stars, letters] = [[...masked], [...text]];
  return (
    stars.length === letters.length &&
    stars.every(
      (star, index) => star === letters[index] || (star === '*' && /\S/u.test(letters[index] ?? '')),
    )
  );
}
