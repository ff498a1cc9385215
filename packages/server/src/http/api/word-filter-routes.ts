/** The dry run of a word list: which recent messages it would have caught. */

import { buildWordFilter, dryRun, type FilterWord } from '@chatty/text-filter';
import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import { parseProjectSettings } from '../../projects/project-settings.js';
import type { TimeSlicer } from '../../runtime/time-slicer.js';
import type { ProjectId, Store } from '../../store/store.js';
import { ALLOW_PROJECT_KEY } from './authenticate.js';
import { ApiError, jsonBodyOf, projectNotFound } from './errors.js';

/** How many of the newest messages are checked, and how many are read at once. */
const MAX_CHECKED_MESSAGES = 1_000;
const MESSAGES_PER_READ = 100;
/** Newest messages that were caught and are shown; of the others the number. */
const MAX_SHOWN_MATCHES = 200;
/** A list of words is longer than anything else that is asked for here. */
export const WORD_LIST_BODY_BYTES = 256 * 1024;

export function registerWordFilterRoutes(
  api: FastifyInstance,
  options: { auth: Auth; store: Store; timeSlicer: TimeSlicer },
): void {
  const { auth, store, timeSlicer } = options;
  const projectsInDryRun = new Set<ProjectId>();

  /** Staff write what they like, and of what was deleted there is nothing to look at. */
  async function runDryRun(project: ProjectId, room: string, words: readonly FilterWord[]) {
    const laneKey = { project, lane: 'dry run' };
    const filter = await timeSlicer.run(laneKey, buildWordFilter(words));
    const caught = [];
    let checked = 0;
    let before: number | null = null;
    for (let messagesRead = 0; messagesRead < MAX_CHECKED_MESSAGES; messagesRead += MESSAGES_PER_READ) {
      const messages = await store.project(project).messagesBefore(room, before, MESSAGES_PER_READ);
      const memberMessages = messages.filter(({ role, deleted_at }) => !role && !deleted_at);
      checked += memberMessages.length;
      caught.unshift(...(await timeSlicer.run(laneKey, dryRun(filter, memberMessages))));
      before = messages[0]?.id ?? null;
      if (messages.length < MESSAGES_PER_READ) break;
    }
    const shownMatches = caught.slice(-MAX_SHOWN_MATCHES);
    return {
      checked,
      omitted: caught.length - shownMatches.length,
      caught: shownMatches.map(({ message: { id, username, content }, matches }) => ({
        id,
        username,
        content,
        matches,
      })),
    };
  }

  const route = { ...ALLOW_PROJECT_KEY, bodyLimit: WORD_LIST_BODY_BYTES };
  api.post<{ Params: { id: string } }>('/projects/:id/filter/dry-run', route, async (request) => {
    const project = auth.resolveProject(request.params.id);
    if (project === null) throw projectNotFound(request.params.id);
    const { words, room: roomName } = jsonBodyOf(request);
    const room = auth.resolveRoom(project, roomName);
    if (room === null) throw new ApiError('not_found', 'The project has no such room.');
    const parsed = parseProjectSettings({ words: words ?? '' });
    if (!parsed.ok) throw new ApiError('invalid', parsed.errors.join(' '));
    if (projectsInDryRun.has(project))
      throw new ApiError('rate_limited', 'A list of this project is being tried out.');
    projectsInDryRun.add(project);
    return runDryRun(project, room, parsed.settings.words ?? []).finally(() =>
      projectsInDryRun.delete(project),
    );
  });
}
