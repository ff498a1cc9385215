/** The administration over HTTP: what may be done to projects, by whoever has the admin key, and how each refusal reads. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PROJECT_ID, USER_ID_LENGTH } from '@chatty/protocol/limits';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { importSPKI } from 'jose';
import { isOrigin } from './config.js';
import { createLimit } from './limits.js';
import type { Log } from './log.js';
import { readSettings } from './project-settings.js';
import type { Projects } from './projects.js';
import {
  type Algorithm,
  algorithms,
  type Done,
  type Made,
  type ProjectRecords,
  type ProjectRow,
} from './store/records.js';
import { Unavailable } from './store/store.js';
import type { Vault } from './vault.js';

type Place = { id: string; kid: string };

/** Wrong keys that one address may try at once, and how fast it may go on. */
const GUESSES = { burst: 10, perSecond: 10 / 60 };
const NAME_LENGTH = 100;
const ORIGINS = 100;
const SECRET_BYTES = 32;
const FAULTS = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  exists: 409,
  invalid: 400,
  rate_limited: 429,
  unavailable: 503,
};

class Fault extends Error {
  constructor(
    readonly code: keyof typeof FAULTS,
    message: string,
  ) {
    super(message);
  }
}

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
  const guesses = createLimit(GUESSES);
  const hashOf = (text: string) => createHash('sha256').update(text).digest();
  const wanted = hashOf(`Bearer ${key}`);

  /** Runs before the body is read. Hashes are compared, so that the time tells nothing of the key. */
  async function allow(request: FastifyRequest): Promise<void> {
    // No page of a browser has business here, so none can be made to do it for somebody else.
    if (request.headers.origin !== undefined)
      throw new Fault('forbidden', 'Browsers may not use the administration.');
    if (timingSafeEqual(hashOf(request.headers.authorization ?? ''), wanted)) return;
    if (guesses.take(request.ip) > 0) throw new Fault('rate_limited', 'Too many wrong keys. Wait a minute.');
    log.warn({ address: request.ip }, 'a wrong admin key was tried');
    throw new Fault('unauthorized', 'Send the admin key: "authorization: Bearer ADMIN_KEY".');
  }

  const rowOf = (id: string): ProjectRow => {
    const found = projects.get(id);
    if (!found) throw new Fault('not_found', `There is no project "${id}".`);
    return found.row;
  };

  /** What was changed holds here when it is answered. */
  async function settle(outcome: Made | Done, what: string): Promise<void> {
    if (outcome === 'exists') throw new Fault('exists', `${what} exists already.`);
    if (outcome === 'not_found') throw new Fault('not_found', `${what} does not exist.`);
    await projects.refresh();
  }

  async function create(request: FastifyRequest, reply: FastifyReply) {
    const body = bodyOf(request);
    const { id } = body;
    if (typeof id !== 'string' || !PROJECT_ID.test(id))
      throw new Fault('invalid', 'id must be 1-64 of a-z 0-9 . _ - and begin with a letter or digit.');
    const given = readProject(body);
    const project = { id, name: id, origins: [], ...given, settings: withoutNull(given.settings ?? {}) };
    await settle(await records.create(project), `The project "${id}"`);
    reply.code(201);
    return shown(rowOf(id));
  }

  async function change(request: FastifyRequest<{ Params: Place }>) {
    await projects.refresh();
    const row = rowOf(request.params.id);
    const given = readProject(bodyOf(request));
    const settings = withoutNull({ ...row.settings, ...given.settings });
    await settle(await records.change({ ...row, ...given, settings }), `The project "${row.id}"`);
    return shown(rowOf(row.id));
  }

  async function addSecret(request: FastifyRequest<{ Params: Place }>, reply: FastifyReply) {
    const { id } = request.params;
    const { algorithm = 'HS256', publicKey, expiresAt = null } = bodyOf(request);
    if (!algorithms.includes(algorithm as Algorithm))
      throw new Fault('invalid', `algorithm must be one of ${algorithms.join(' ')}.`);
    const kind = algorithm as Algorithm;
    const kid = randomBytes(6).toString('hex');
    const until = readMoment('expiresAt', expiresAt);
    const secret = kind === 'HS256' ? randomBytes(SECRET_BYTES).toString('hex') : null;
    if (secret !== null && vault === null)
      throw new Fault('invalid', 'This server keeps no secrets: set SECRETS_KEY, or give a public key.');
    const sealed = secret === null ? null : (vault?.seal(`${id}/${kid}`, secret) ?? null);
    const open = secret === null ? await readPublic(kind, publicKey) : null;
    const made = await records.addSecret(id, {
      kid,
      algorithm: kind,
      sealed,
      public: open,
      expiresAt: until,
    });
    await settle(made, `The project "${id}"`);
    reply.code(201).header('cache-control', 'no-store');
    // Shown this once: the database has it sealed.
    return { kid, algorithm: kind, expiresAt: until, ...(secret !== null && { secret }) };
  }

  async function expire(request: FastifyRequest<{ Params: Place }>) {
    const { id, kid } = request.params;
    const until = readMoment('expiresAt', bodyOf(request).expiresAt ?? null);
    await settle(await records.expire(id, kid, until), `The secret "${kid}" of "${id}"`);
    return shown(rowOf(id));
  }

  async function revoke(request: FastifyRequest<{ Params: Place }>) {
    const { id, kid } = request.params;
    await settle(await records.revoke(id, kid), `The secret "${kid}" of "${id}"`);
    return shown(rowOf(id));
  }

  async function cutOff(request: FastifyRequest<{ Params: Place }>) {
    const { id } = request.params;
    const { userId = '', before = new Date().toISOString() } = bodyOf(request);
    if (typeof userId !== 'string' || userId.length > USER_ID_LENGTH)
      throw new Fault('invalid', `userId must be a string of at most ${USER_ID_LENGTH}.`);
    const moment = readMoment('before', before);
    if (moment === null) throw new Fault('invalid', 'before must be a moment as 2026-01-31T12:00:00Z.');
    await settle(await records.cutOff(id, userId, moment), `The project "${id}"`);
    return { userId: userId || null, before: moment };
  }

  http.register(
    async (api) => {
      api.addHook('onRequest', allow);
      api.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const fault = faultOf(error);
        if (fault.code === 'unavailable')
          log.error({ err: error, url: request.routeOptions.url }, 'the administration failed');
        reply.code(FAULTS[fault.code]).header('cache-control', 'no-store');
        return reply.send({ code: fault.code, message: fault.message });
      });
      api.get('/projects', async () => {
        await projects.refresh();
        return { projects: (await records.all()).map(shown) };
      });
      api.get<{ Params: Place }>('/projects/:id', async (request) => {
        await projects.refresh();
        const found = (await records.all()).find(({ id }) => id === request.params.id);
        return shown(found ?? rowOf(request.params.id));
      });
      api.post('/projects', create);
      api.patch('/projects/:id', change);
      api.post('/projects/:id/secrets', addSecret);
      api.patch('/projects/:id/secrets/:kid', expire);
      api.delete('/projects/:id/secrets/:kid', revoke);
      api.post('/projects/:id/cutoffs', cutOff);
    },
    { prefix: '/api/v1' },
  );
}

/** Null takes a setting back to its default. */
function withoutNull(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

/** As the administration shows it: a secret by its name and times only. */
function shown({ secrets, cutoffs, ...project }: ProjectRow) {
  return { ...project, secrets: secrets.map(({ sealed: _, ...secret }) => secret), cutoffs };
}

function faultOf(error: Error & { statusCode?: number }): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof Unavailable)
    return new Fault('unavailable', 'The database does not answer. Try again shortly.');
  if ((error.statusCode ?? 500) < 500)
    return new Fault('invalid', 'The request is not valid JSON, or too large.');
  return new Fault('unavailable', 'The server failed.');
}

function bodyOf({ body }: FastifyRequest): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new Fault('invalid', 'The body must be an object.');
  return body as Record<string, unknown>;
}

function readProject({ name, origins, settings }: Record<string, unknown>) {
  const read: { name?: string; origins?: string[]; settings?: Record<string, unknown> } = {};
  if (name !== undefined) {
    if (typeof name !== 'string' || name.trim() === '' || name.length > NAME_LENGTH)
      throw new Fault('invalid', `name must be a string of 1-${NAME_LENGTH} characters.`);
    read.name = name.trim();
  }
  if (origins !== undefined) {
    const list = Array.isArray(origins) ? origins : [null];
    const wrong = list.find((origin) => typeof origin !== 'string' || !isOrigin(origin));
    if (wrong !== undefined || list.length > ORIGINS)
      throw new Fault(
        'invalid',
        `origins must be at most ${ORIGINS} as https://kimpga.com, without a path; ${JSON.stringify(wrong)} is none.`,
      );
    read.origins = [...new Set(list as string[])];
  }
  if (settings !== undefined) {
    const result = readSettings(settings);
    if (!result.ok) throw new Fault('invalid', result.faults.join(' '));
    read.settings = { ...(settings as object), ...result.settings };
  }
  return read;
}

function readMoment(name: string, value: unknown): string | null {
  if (value === null) return null;
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new Fault('invalid', `${name} must be a moment as 2026-01-31T12:00:00Z.`);
  return new Date(time).toISOString();
}

async function readPublic(algorithm: Algorithm, value: unknown): Promise<string> {
  if (typeof value !== 'string')
    throw new Fault('invalid', 'publicKey must be a PEM, or of JWKS its https address.');
  if (algorithm === 'JWKS') {
    if (!URL.canParse(value) || new URL(value).protocol !== 'https:')
      throw new Fault('invalid', 'publicKey must be the https address of the JWKS.');
    return value;
  }
  await importSPKI(value, algorithm).catch(() => {
    throw new Fault(
      'invalid',
      `publicKey must be a public key for ${algorithm} as PEM ("BEGIN PUBLIC KEY").`,
    );
  });
  return value;
}
