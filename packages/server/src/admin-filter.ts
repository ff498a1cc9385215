/** What a list of words would have caught, before it is set: the administration's dry run. */

import { MAIN_ROOM } from '@chatty/protocol/limits';
import type { FastifyInstance } from 'fastify';
import { FOR_KEYS } from './admin-door.js';
import { bodyOf, Fault, noProject } from './admin-faults.js';
import type { Auth } from './auth.js';
import { projectSettings } from './project-settings.js';
import type { Store } from './store/store.js';
import { dryRun } from './word-filter.js';

/** Newest messages that are looked at. */
const MESSAGES = 1_000;
/** A list of words is longer than anything else that is asked for here. */
export const LIST_BYTES = 256 * 1024;

export function openFilter(api: FastifyInstance, options: { auth: Auth; store: Store }): void {
  const { auth, store } = options;
  const route = { ...FOR_KEYS, bodyLimit: LIST_BYTES };
  api.post<{ Params: { id: string } }>('/projects/:id/filter/dry-run', route, async (request) => {
    const project = auth.project(request.params.id);
    if (project === null) throw noProject(request.params.id);
    const words = projectSettings.words.read(bodyOf(request).words);
    if (words === null) throw new Fault('invalid', `words must be ${projectSettings.words.form}.`);
    const messages = await store.project(project).messagesBefore(MAIN_ROOM, null, MESSAGES);
    const caught = dryRun(words.value, messages).map(({ message, matches }) => ({
      id: message.id,
      username: message.username,
      content: message.content,
      matches,
    }));
    return { checked: messages.length, caught };
  });
}
