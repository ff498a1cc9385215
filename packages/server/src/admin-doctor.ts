/** What the administration tells about those who were turned away: what was refused lately, and why a token would be. */

import type { FastifyInstance } from 'fastify';
import { FOR_KEYS } from './admin-door.js';
import { noProject } from './admin-faults.js';
import type { Auth } from './auth.js';
import type { Refusals } from './refusals.js';

type Place = { id: string };

export function openDoctor(
  api: FastifyInstance,
  { auth, refusals }: { auth: Auth; refusals: Refusals },
): void {
  api.get('/refusals', async () => refusals.of(null));
  api.get<{ Params: Place }>('/projects/:id/refusals', FOR_KEYS, async (request) => {
    const { id } = request.params;
    if (auth.project(id) === null) throw noProject(id);
    return refusals.of(id);
  });
}
