/** Registers the administration API below /api/v1: authentication, routes and error responses. */

import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { RefusalLog } from '../../auth/rejection-log.js';
import type { Doctor } from '../../doctor/token-doctor.js';
import type { Moderation } from '../../moderation/moderation.js';
import type { ModerationState } from '../../moderation/moderation-state.js';
import type { Projects } from '../../projects/projects.js';
import type { SecretCipher } from '../../projects/secret-encryption.js';
import type { Log } from '../../runtime/logger.js';
import type { TimeSlicer } from '../../runtime/time-slicer.js';
import type { Store } from '../../store/store.js';
import type { ClientAddressResolver } from '../client-address.js';
import { registerJsonParser } from '../json-body.js';
import { registerDoctorPage } from '../pages/doctor/doctor-page.js';
import { createApiAuth } from './authenticate.js';
import { registerDoctorRoutes } from './doctor-routes.js';
import { rejectInvalidUnicode, STATUS_BY_CODE, toApiError } from './errors.js';
import { registerKeyRoutes } from './keys-routes.js';
import { registerModerationRoutes } from './moderation-routes.js';
import { registerProjectRoutes } from './projects-routes.js';
import { registerWordFilterRoutes } from './word-filter-routes.js';

export function registerAdminApi(options: {
  http: FastifyInstance;
  adminKey: string;
  store: Store;
  projects: Projects;
  auth: Auth;
  moderationState: ModerationState;
  moderation: Moderation;
  addressResolver: ClientAddressResolver;
  refusalLog: RefusalLog;
  doctor: Doctor;
  /** Null: HS256 secrets cannot be stored. */
  vault: SecretCipher | null;
  timeSlicer: TimeSlicer;
  log: Log;
}): void {
  const {
    http,
    adminKey,
    store,
    projects,
    auth,
    moderationState,
    moderation,
    addressResolver,
    refusalLog,
    doctor,
  } = options;
  const { vault, timeSlicer, log } = options;
  const records = store.projects;
  const apiAuth = createApiAuth({ adminKey, records, projects, addressResolver, log });
  http.register(
    async (api) => {
      registerJsonParser(api);
      api.addHook('onRequest', apiAuth.authenticate);
      api.addHook('preHandler', rejectInvalidUnicode);
      api.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const apiError = toApiError(error);
        if (apiError.code === 'unavailable')
          log.error({ err: error, url: request.routeOptions.url }, 'the administration failed');
        return reply
          .code(STATUS_BY_CODE[apiError.code])
          .send({ code: apiError.code, message: apiError.message });
      });
      registerProjectRoutes(api, { apiAuth, records, projects });
      registerKeyRoutes(api, { apiAuth, records, projects, vault });
      registerWordFilterRoutes(api, { auth, store, timeSlicer });
      registerModerationRoutes(api, {
        apiAuth,
        auth,
        moderation,
        moderationState,
        records: store.moderation,
      });
      registerDoctorRoutes(api, { auth, doctor, refusalLog });
    },
    { prefix: '/api/v1' },
  );
  http.register(registerDoctorPage);
}
