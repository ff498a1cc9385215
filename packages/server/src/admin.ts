/** The administration over HTTP, below /api/v1: its door, its parts, and how it answers where one of them fails. */

import type { FastifyInstance } from 'fastify';
import { createDoor } from './admin-door.js';
import { FAULTS, faultOf } from './admin-faults.js';
import { openKeys } from './admin-keys.js';
import { openProjects } from './admin-projects.js';
import type { Log } from './log.js';
import type { Projects } from './projects.js';
import type { ProjectRecords } from './store/records.js';
import type { Vault } from './vault.js';

export function openAdmin(options: {
  http: FastifyInstance;
  key: string;
  records: ProjectRecords;
  projects: Projects;
  /** Null: HS256 secrets cannot be kept. */
  vault: Vault | null;
  log: Log;
}): void {
  const { http, key, records, projects, vault, log } = options;
  const door = createDoor({ key, records, projects, log });
  http.register(
    async (api) => {
      api.addHook('onRequest', door.admit);
      api.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const fault = faultOf(error);
        if (fault.code === 'unavailable')
          log.error({ err: error, url: request.routeOptions.url }, 'the administration failed');
        return reply.code(FAULTS[fault.code]).send({ code: fault.code, message: fault.message });
      });
      openProjects(api, { door, records, projects });
      openKeys(api, { door, records, projects, vault });
    },
    { prefix: '/api/v1' },
  );
}
