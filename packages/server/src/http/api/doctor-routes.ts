/** What the administration tells about those who were turned away: what was refused lately, and why a token would be. */

import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { Refusals } from '../../auth/rejection-log.js';
import { codeWords } from '../../doctor/format.js';
import type { Doctor } from '../../doctor/token-doctor.js';
import type { ProjectId } from '../../store/store.js';
import { FOR_KEYS } from './authenticate.js';
import { bodyOf, Fault, noProject } from './errors.js';

type Place = { id: string };

const ORIGIN_LENGTH = 256;

export function openDoctor(
  api: FastifyInstance,
  { auth, doctor, refusals }: { auth: Auth; doctor: Doctor; refusals: Refusals },
): void {
  function projectOf(id: string): ProjectId {
    const project = auth.project(id);
    if (project === null) throw noProject(id);
    return project;
  }

  function recent(project: string | null) {
    const told = refusals.of(project);
    const codes = new Set([...told.counts, ...told.refusals].map(({ code }) => code));
    return { ...told, codes: Object.fromEntries([...codes].map((code) => [code, codeWords(code)])) };
  }

  api.get('/refusals', async () => recent(null));
  api.get<{ Params: Place }>('/projects/:id/refusals', FOR_KEYS, async (request) =>
    recent(projectOf(request.params.id)),
  );
  api.post<{ Params: Place }>('/projects/:id/doctor', FOR_KEYS, async (request) => {
    const { token, origin } = bodyOf(request);
    if (typeof token !== 'string' || token === '')
      throw new Fault('invalid', 'token must be a JWT as a string.');
    if (origin !== undefined && (typeof origin !== 'string' || origin.length > ORIGIN_LENGTH))
      throw new Fault('invalid', `origin must be a string of at most ${ORIGIN_LENGTH} characters.`);
    return doctor.examine(projectOf(request.params.id), token, origin || undefined);
  });
}
