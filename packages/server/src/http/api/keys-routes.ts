/** What the administration does to the keys of a project: secrets that tokens are signed with, keys that open the administration. */

import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { importSPKI } from 'jose';
import type { Projects } from '../../projects/projects.js';
import type { Vault } from '../../projects/secret-encryption.js';
import { type Algorithm, algorithms, type ProjectRecords } from '../../store/project-store.js';
import { type Door, makeKey } from './authenticate.js';
import { bodyOf, Fault, readMoment, readName, refuseUnknown, rowOf, settle } from './errors.js';
import { shown } from './projects-routes.js';

type Place = { id: string; kid: string };
type KeyPlace = { id: string; key: string };

const SECRET_BYTES = 32;

/** All of it is for the operator: a project's own key can make none, so that one that leaks is gone once it is revoked. */
export function openKeys(
  api: FastifyInstance,
  options: {
    door: Door;
    records: ProjectRecords;
    projects: Projects;
    /** Null: HS256 secrets cannot be kept. */
    vault: Vault | null;
  },
): void {
  const { door, records, projects, vault } = options;
  const byOf = (request: FastifyRequest) => door.callerOf(request).actor;

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
    const row = { kid, algorithm: kind, sealed, public: open, expiresAt: until };
    await settle(projects, await records.addSecret(id, row, byOf(request)), `The project "${id}"`);
    reply.code(201);
    // Shown this once: the database has it sealed.
    return { kid, algorithm: kind, expiresAt: until, ...(secret !== null && { secret }) };
  }

  async function expire(request: FastifyRequest<{ Params: Place }>) {
    const { id, kid } = request.params;
    const until = readMoment('expiresAt', bodyOf(request).expiresAt ?? null);
    const done = await records.expire(id, kid, until, byOf(request));
    await settle(projects, done, `The secret "${kid}" of "${id}"`);
    return shown(rowOf(projects, id));
  }

  async function revoke(request: FastifyRequest<{ Params: Place }>) {
    const { id, kid } = request.params;
    const done = await records.revoke(id, kid, byOf(request));
    await settle(projects, done, `The secret "${kid}" of "${id}"`);
    return shown(rowOf(projects, id));
  }

  async function addKey(request: FastifyRequest<{ Params: KeyPlace }>, reply: FastifyReply) {
    const project = request.params.id;
    const name = readName(bodyOf(request).name, 'key');
    const { id, key, hash } = makeKey(project);
    const done = await records.addKey(project, { id, name, hash }, byOf(request));
    await settle(projects, done, `The project "${project}"`);
    reply.code(201);
    // Shown this once: the database has its hash.
    return { id, name, key };
  }

  async function listKeys(request: FastifyRequest<{ Params: KeyPlace }>) {
    const { id } = request.params;
    // The times of use are not in what this server remembers.
    return { keys: shown((await records.one(id)) ?? refuseUnknown(id)).keys };
  }

  async function revokeKey(request: FastifyRequest<{ Params: KeyPlace }>) {
    const { id, key } = request.params;
    const done = await records.revokeKey(id, key, byOf(request));
    await settle(projects, done, `The key "${key}" of "${id}"`);
    return { keys: shown(rowOf(projects, id)).keys };
  }

  api.post('/projects/:id/secrets', addSecret);
  api.patch('/projects/:id/secrets/:kid', expire);
  api.delete('/projects/:id/secrets/:kid', revoke);
  api.get('/projects/:id/keys', listKeys);
  api.post('/projects/:id/keys', addKey);
  api.delete('/projects/:id/keys/:key', revokeKey);
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
