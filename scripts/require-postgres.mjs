/** The installed PostgreSQL that stories of the database are told on beside the embedded one. */

import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { requireProgram } from './program.mjs';

/** Debian's folder of versions. */
const DEBIAN_POSTGRES_FOLDER = '/usr/lib/postgresql';

/** Where Debian keeps the server of each version, the oldest first: it differs most from the embedded one. */
function findDebianServers() {
  if (!existsSync(DEBIAN_POSTGRES_FOLDER)) return [];
  return readdirSync(DEBIAN_POSTGRES_FOLDER)
    .sort((a, b) => Number(a) - Number(b))
    .map((version) => `${DEBIAN_POSTGRES_FOLDER}/${version}/bin/postgres`);
}

/** The folder with its programs; throws a sentence that says what to install where there is none. */
export const requirePostgres = async () =>
  dirname(
    await requireProgram({
      title: 'PostgreSQL',
      names: ['postgres'],
      applications: findDebianServers,
      variable: 'POSTGRES_PATH',
      packages: ['postgresql'],
      lacking:
        'The stories of the database were not told on an installed PostgreSQL: install one (on Debian "apt-get install postgresql") or set POSTGRES_PATH to its program "postgres".',
    }),
  );
