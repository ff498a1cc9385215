/** The administration over HTTP, below /api/v1: its door, its parts, and how it answers where one of them fails. */

import type { FastifyInstance } from 'fastify';
import type { Auth } from '../../auth/auth.js';
import type { Refusals } from '../../auth/rejection-log.js';
import type { Doctor } from '../../doctor/token-doctor.js';
import type { Moderation } from '../../moderation/moderation.js';
import type { Order } from '../../moderation/moderation-state.js';
import type { Projects } from '../../projects/projects.js';
import type { Vault } from '../../projects/secret-encryption.js';
import type { Log } from '../../runtime/logger.js';
import type { Slices } from '../../runtime/time-slicer.js';
import type { Store } from '../../store/store.js';
import type { Addresses } from '../client-address.js';
import { acceptJsonBodies } from '../json-body.js';
import { openDoctorPage } from '../pages/doctor/doctor-page.js';
import { createDoor } from './authenticate.js';
import { openDoctor } from './doctor-routes.js';
import { FAULTS, faultOf, requireText } from './errors.js';
import { openKeys } from './keys-routes.js';
import { openModeration } from './moderation-routes.js';
import { openProjects } from './projects-routes.js';
import { openFilter } from './word-filter-routes.js';

export function openAdmin(options: {
  http: FastifyInstance;
  key: string;
  store: Store;
  projects: Projects;
  auth: Auth;
  order: Order;
  moderation: Moderation;
  addresses: Addresses;
  refusals: Refusals;
  doctor: Doctor;
  /** Null: HS256 secrets cannot be kept. */
  vault: Vault | null;
  slices: Slices;
  log: Log;
}): void {
  const { http, key, store, projects, auth, order, moderation, addresses, refusals, doctor } = options;
  const { vault, slices, log } = options;
  const records = store.projects;
  const door = createDoor({ key, records, projects, addresses, log });
  http.register(
    async (api) => {
      acceptJsonBodies(api);
      api.addHook('onRequest', door.admit);
      api.addHook('preHandler', requireText);
      api.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const fault = faultOf(error);
        if (fault.code === 'unavailable')
          log.error({ err: error, url: request.routeOptions.url }, 'the administration failed');
        return reply.code(FAULTS[fault.code]).send({ code: fault.code, message: fault.message });
      });
      openProjects(api, { door, records, projects });
      openKeys(api, { door, records, projects, vault });
      openFilter(api, { auth, store, slices });
      openModeration(api, { door, auth, moderation, order, records: store.order });
      openDoctor(api, { auth, doctor, refusals });
    },
    { prefix: '/api/v1' },
  );
  http.register(openDoctorPage);
}
