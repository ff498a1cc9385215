/** Routes that explain refusals: recent ones, and whether a given token would be refused. */

import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { RefusalLog } from '../../auth/rejection-log.js';
import { describeCode } from '../../doctor/format.js';
import type { Doctor } from '../../doctor/token-doctor.js';
import type { ProjectId } from '../../store/store.js';
import { ALLOW_PROJECT_KEY } from './authenticate.js';
import { ApiError, jsonBodyOf, projectNotFound } from './errors.js';

type ProjectParams = { id: string };

const MAX_ORIGIN_LENGTH = 256;

export function registerDoctorRoutes(
  api: FastifyInstance,
  { auth, doctor, refusalLog }: { auth: Auth; doctor: Doctor; refusalLog: RefusalLog },
): void {
  function requireProjectId(id: string): ProjectId {
    const project = auth.resolveProject(id);
    if (project === null) throw projectNotFound(id);
    return project;
  }

  function describeRefusals(project: string | null) {
    const recorded = refusalLog.list(project);
    const codes = new Set([...recorded.counts, ...recorded.refusals].map(({ code }) => code));
    return { ...recorded, codes: Object.fromEntries([...codes].map((code) => [code, describeCode(code)])) };
  }

  api.get('/refusals', async () => describeRefusals(null));
  api.get<{ Params: ProjectParams }>('/projects/:id/refusals', ALLOW_PROJECT_KEY, async (request) =>
    describeRefusals(requireProjectId(request.params.id)),
  );
  api.post<{ Params: ProjectParams }>('/projects/:id/doctor', ALLOW_PROJECT_KEY, async (request) => {
    const { token, origin } = jsonBodyOf(request);
    if (typeof token !== 'string' || token === '')
      throw new ApiError('invalid', 'token must be a JWT as a string.');
    if (origin !== undefined && (typeof origin !== 'string' || origin.length > MAX_ORIGIN_LENGTH))
      throw new ApiError('invalid', `origin must be a string of at most ${MAX_ORIGIN_LENGTH} characters.`);
    return doctor.diagnose(requireProjectId(request.params.id), token, origin || undefined);
  });
}
