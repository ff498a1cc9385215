/** Decides what a project's list of words makes of a text: nothing, a text with stars, or a refusal. */

import type { ProjectSettings } from './project-settings.js';
import type { Projects } from './projects.js';
import { createWordFilter, type WordFilter } from './word-filter.js';

export type Filters = {
  /** The text as it may go out; null: it may not. @param text in stored form (`cleanContent`) */
  pass(project: string, text: string): string | null;
};

type Built = { settings: ProjectSettings; words: string; filter: WordFilter; at: number };

/** Least time in milliseconds between two builds for one project: who changes a list all the time stalls nobody else. */
const PAUSE = 1_000;

export function createFilters(options: { projects: Projects; now?: () => number }): Filters {
  const { projects, now = Date.now } = options;
  const built = new Map<string, Built>();

  function filterOf(project: string, settings: ProjectSettings): WordFilter {
    const known = built.get(project);
    if (known?.settings === settings) return known.filter;
    // All settings are read anew when those of any project have changed.
    const words = JSON.stringify(settings.words);
    if (known?.words === words) {
      known.settings = settings;
      return known.filter;
    }
    const time = now();
    if (known && time - known.at < PAUSE) return known.filter;
    const filter = createWordFilter(settings.words);
    built.set(project, { settings, words, filter, at: time });
    return filter;
  }

  return {
    pass(project, text) {
      const settings = projects.get(project)?.settings;
      if (!settings || settings.words.length === 0) {
        built.delete(project);
        return text;
      }
      const filter = filterOf(project, settings);
      if (filter.find(text).length === 0) return text;
      return settings.wordAction === 'mask' ? filter.mask(text) : null;
    },
  };
}

/** Whether one text is the other with stars in it: what is sent again may have been masked by another list than before. */
export function isMasked(masked: string, text: string): boolean {
  const [stars, letters] = [[...masked], [...text]];
  return stars.length === letters.length && stars.every((star, at) => star === '*' || star === letters[at]);
}
