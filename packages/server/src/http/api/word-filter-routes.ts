/** What a list of words would have caught, before it is set: the administration's dry run. */

import { buildWordFilter, dryRun, type FilterWord } from '@chatty/text-filter/word-filter';
import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import { readSettings } from '../../projects/project-settings.js';
import type { Slices } from '../../runtime/time-slicer.js';
import type { ProjectId, Store } from '../../store/store.js';
import { FOR_KEYS } from './authenticate.js';
import { bodyOf, Fault, noProject } from './errors.js';

/** Newest messages that are looked at, and how many are read at once. */
const MESSAGES = 1_000;
const PAGE = 100;
/** Newest messages that were caught and are shown; of the others the number. */
const SHOWN = 200;
/** A list of words is longer than anything else that is asked for here. */
export const LIST_BYTES = 256 * 1024;

export function openFilter(
  api: FastifyInstance,
  options: { auth: Auth; store: Store; slices: Slices },
): void {
  const { auth, store, slices } = options;
  const trying = new Set<ProjectId>();

  /** Staff write what they like, and of what was deleted there is nothing to look at. */
  async function tryOut(project: ProjectId, room: string, words: readonly FilterWord[]) {
    const place = { project, lane: 'dry run' };
    const filter = await slices.run(place, buildWordFilter(words));
    const caught = [];
    let checked = 0;
    let before: number | null = null;
    for (let read = 0; read < MESSAGES; read += PAGE) {
      const messages = await store.project(project).messagesBefore(room, before, PAGE);
      const talk = messages.filter(({ role, deleted_at }) => !role && !deleted_at);
      checked += talk.length;
      caught.unshift(...(await slices.run(place, dryRun(filter, talk))));
      before = messages[0]?.id ?? null;
      if (messages.length < PAGE) break;
    }
    const shown = caught.slice(-SHOWN);
    return {
      checked,
      omitted: caught.length - shown.length,
      caught: shown.map(({ message: { id, username, content }, matches }) => ({
        id,
        username,
        content,
        matches,
      })),
    };
  }

  const route = { ...FOR_KEYS, bodyLimit: LIST_BYTES };
  api.post<{ Params: { id: string } }>('/projects/:id/filter/dry-run', route, async (request) => {
    const project = auth.project(request.params.id);
    if (project === null) throw noProject(request.params.id);
    const { words, room: named } = bodyOf(request);
    const room = auth.room(project, named);
    if (room === null) throw new Fault('not_found', 'The project has no such room.');
    const read = readSettings({ words: words ?? '' });
    if (!read.ok) throw new Fault('invalid', read.faults.join(' '));
    if (trying.has(project)) throw new Fault('rate_limited', 'A list of this project is being tried out.');
    trying.add(project);
    return tryOut(project, room, read.settings.words ?? []).finally(() => trying.delete(project));
  });
}
