/** Routes for the secrets that sign a project's tokens, and for its API keys. */

import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { importSPKI } from 'jose';
import type { Projects } from '../../projects/projects.js';
import type { SecretCipher } from '../../projects/secret-encryption.js';
import { type Algorithm, algorithms, type ProjectRecords } from '../../store/project-store.js';
import { type ApiAuth, generateApiKey } from './authenticate.js';
import {
  ApiError,
  completeChange,
  jsonBodyOf,
  parseName,
  parseTimestamp,
  requireProjectRow,
  throwProjectNotFound,
} from './errors.js';
import { toPublicProject } from './projects-routes.js';

type SecretParams = { id: string; kid: string };
type ApiKeyParams = { id: string; key: string };

const HS256_SECRET_BYTES = 32;

/** All of it is for the operator: a project's own key can make none, so that one that leaks is gone once it is revoked. */
export function registerKeyRoutes(
  api: FastifyInstance,
  options: {
    apiAuth: ApiAuth;
    records: ProjectRecords;
    projects: Projects;
    /** Null: HS256 secrets cannot be stored. */
    vault: SecretCipher | null;
  },
): void {
  const { apiAuth, records, projects, vault } = options;
  const actorOf = (request: FastifyRequest) => apiAuth.callerOf(request).actor;

  async function addSecret(request: FastifyRequest<{ Params: SecretParams }>, reply: FastifyReply) {
    const { id } = request.params;
    const { algorithm = 'HS256', publicKey, expiresAt = null } = jsonBodyOf(request);
    if (!algorithms.includes(algorithm as Algorithm))
      throw new ApiError('invalid', `algorithm must be one of ${algorithms.join(' ')}.`);
    const signingAlgorithm = algorithm as Algorithm;
    const kid = randomBytes(6).toString('hex');
    const expiry = parseTimestamp('expiresAt', expiresAt);
    const secret = signingAlgorithm === 'HS256' ? randomBytes(HS256_SECRET_BYTES).toString('hex') : null;
    if (secret !== null && vault === null)
      throw new ApiError(
        'invalid',
        'This server keeps no secrets: set SECRETS_ENCRYPTION_KEY, or give a public key.',
      );
    const sealed = secret === null ? null : (vault?.encrypt(`${id}/${kid}`, secret) ?? null);
    const storedPublicKey = secret === null ? await parsePublicKey(signingAlgorithm, publicKey) : null;
    const row = { kid, algorithm: signingAlgorithm, sealed, public: storedPublicKey, expiresAt: expiry };
    await completeChange(projects, await records.addSecret(id, row, actorOf(request)), `The project "${id}"`);
    reply.code(201);
    // Shown this once: the database has it sealed.
    return { kid, algorithm: signingAlgorithm, expiresAt: expiry, ...(secret !== null && { secret }) };
  }

  async function setSecretExpiry(request: FastifyRequest<{ Params: SecretParams }>) {
    const { id, kid } = request.params;
    const expiry = parseTimestamp('expiresAt', jsonBodyOf(request).expiresAt ?? null);
    const outcome = await records.expireSecret(id, kid, expiry, actorOf(request));
    await completeChange(projects, outcome, `The secret "${kid}" of "${id}"`);
    return toPublicProject(requireProjectRow(projects, id));
  }

  async function revokeSecret(request: FastifyRequest<{ Params: SecretParams }>) {
    const { id, kid } = request.params;
    const outcome = await records.revokeSecret(id, kid, actorOf(request));
    await completeChange(projects, outcome, `The secret "${kid}" of "${id}"`);
    return toPublicProject(requireProjectRow(projects, id));
  }

  async function addKey(request: FastifyRequest<{ Params: ApiKeyParams }>, reply: FastifyReply) {
    const project = request.params.id;
    const name = parseName(jsonBodyOf(request).name, 'key');
    const { id, key, hash } = generateApiKey(project);
    const outcome = await records.addKey(project, { id, name, hash }, actorOf(request));
    await completeChange(projects, outcome, `The project "${project}"`);
    reply.code(201);
    // Shown this once: the database has its hash.
    return { id, name, key };
  }

  async function listKeys(request: FastifyRequest<{ Params: ApiKeyParams }>) {
    const { id } = request.params;
    // The times of use are not in what this server remembers.
    return { keys: toPublicProject((await records.find(id)) ?? throwProjectNotFound(id)).keys };
  }

  async function revokeKey(request: FastifyRequest<{ Params: ApiKeyParams }>) {
    const { id, key } = request.params;
    const outcome = await records.revokeKey(id, key, actorOf(request));
    await completeChange(projects, outcome, `The key "${key}" of "${id}"`);
    return { keys: toPublicProject(requireProjectRow(projects, id)).keys };
  }

  api.post('/projects/:id/secrets', addSecret);
  api.patch('/projects/:id/secrets/:kid', setSecretExpiry);
  api.delete('/projects/:id/secrets/:kid', revokeSecret);
  api.get('/projects/:id/keys', listKeys);
  api.post('/projects/:id/keys', addKey);
  api.delete('/projects/:id/keys/:key', revokeKey);
}

async function parsePublicKey(algorithm: Algorithm, value: unknown): Promise<string> {
  if (typeof value !== 'string')
    throw new ApiError('invalid', 'publicKey must be a PEM, or of JWKS its https address.');
  if (algorithm === 'JWKS') {
    if (!URL.canParse(value) || new URL(value).protocol !== 'https:')
      throw new ApiError('invalid', 'publicKey must be the https address of the JWKS.');
    return value;
  }
  await importSPKI(value, algorithm).catch(() => {
    throw new ApiError(
      'invalid',
      `publicKey must be a public key for ${algorithm} as PEM ("BEGIN PUBLIC KEY").`,
    );
  });
  return value;
}
