/** Authenticates API requests: the operator may use every route, a project key those of its project, browsers none but our own pages. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attemptKeyOf, createFailedKeyLimiter } from '../../limits/api-key-attempts.js';
import { createTokenBuckets } from '../../limits/token-bucket.js';
import type { Projects } from '../../projects/projects.js';
import { monotonicTime } from '../../runtime/clocks.js';
import type { Log } from '../../runtime/logger.js';
import type { Actor } from '../../store/moderation-store.js';
import type { KeyRow, ProjectRecords } from '../../store/project-store.js';
import type { ClientAddressResolver } from '../client-address.js';
import { ApiError, projectNotFound } from './errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route in addition to the operator. Without it, only the operator may. */
    access?: 'project key';
  }
}

/** For routes below `/projects/:id` that a key of that project opens. */
export const ALLOW_PROJECT_KEY = { config: { access: 'project key' } } as const;

/** `project`: the only one the caller reaches; null: all. */
export type ApiCaller = { actor: Actor; project: string | null };

export type ApiAuth = {
  /** Runs before the body is read. Throws a `Fault`. */
  authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** The authenticated caller. */
  callerOf(request: FastifyRequest): ApiCaller;
};

/** What one key of a project may ask, so that no project takes the administration from the others. */
const PROJECT_KEY_RATE = { burst: 200, perSecond: 20 };
const API_KEY_BYTES = 32;
/** `chatty_PROJECT_` and the random part in hex, so that scanners for leaked secrets can tell it. */
const API_KEY_PATTERN = /^chatty_([a-z0-9][a-z0-9._-]{0,63})_[0-9a-f]{64}$/;
/** Least time between two notes that a key is in use, in milliseconds. */
const KEY_USE_WRITE_INTERVAL_MS = 60_000;
const OPERATOR_CALLER: ApiCaller = {
  actor: { kind: 'operator', id: 'operator', name: 'operator' },
  project: null,
};

export function createApiAuth(options: {
  adminKey: string;
  records: ProjectRecords;
  projects: Projects;
  addressResolver: ClientAddressResolver;
  log: Log;
  now?: () => number;
}): ApiAuth {
  const { adminKey, records, projects, addressResolver, log, now = monotonicTime } = options;
  const failedKeyLimiter = createFailedKeyLimiter(now);
  const projectKeyBuckets = createTokenBuckets({ ...PROJECT_KEY_RATE, now });
  const adminKeyHash = sha256(adminKey);
  const adminKeyLooksLikeProjectKey = API_KEY_PATTERN.test(adminKey);
  const callers = new WeakMap<FastifyRequest, ApiCaller>();
  const useRecordedAt = new Map<string, number>();

  function recordKeyUse(project: string, id: string): void {
    const timeMs = now();
    if (timeMs < (useRecordedAt.get(id) ?? Number.NEGATIVE_INFINITY) + KEY_USE_WRITE_INTERVAL_MS) return;
    useRecordedAt.set(id, timeMs);
    records.recordKeyUse(project, id).catch((error) => {
      log.debug({ project, reason: String(error) }, 'the time of use of a key could not be written');
    });
  }

  /** The project that this would be a key of; '': it can only be the admin key. */
  function projectOfKey(presentedKey: string): string {
    const [, project = ''] = adminKeyLooksLikeProjectKey ? [] : (API_KEY_PATTERN.exec(presentedKey) ?? []);
    return projects.get(project) === null ? '' : project;
  }

  /** Hashes are compared, so that the time tells nothing of a key. */
  function findCaller(presentedKey: string): ApiCaller | null {
    const hash = sha256(presentedKey);
    if (timingSafeEqual(hash, adminKeyHash)) return OPERATOR_CALLER;
    const [, project = ''] = API_KEY_PATTERN.exec(presentedKey) ?? [];
    const matches = (row: KeyRow) => row.revokedAt === null && timingSafeEqual(hash, row.hash);
    const keyRow = projects.get(project)?.row.keys.find(matches);
    if (!keyRow) return null;
    recordKeyUse(project, keyRow.id);
    return { actor: { kind: 'key', id: keyRow.id, name: keyRow.name }, project };
  }

  /** Beyond too many wrong keys none is compared, so that the right one is not found by going on. */
  function requireCaller(request: FastifyRequest, reply: FastifyReply, presentedKey: string): ApiCaller {
    const address = addressResolver.resolve(request.raw);
    const { headers, socket } = request.raw;
    const isForwarded = headers['x-forwarded-for'] !== undefined;
    const attemptKey = attemptKeyOf(address, socket.remoteAddress, isForwarded, projectOfKey(presentedKey));
    const retryAfterMs = presentedKey === '' ? 0 : failedKeyLimiter.retryAfter(attemptKey);
    if (retryAfterMs > 0) {
      reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
      throw new ApiError(
        'rate_limited',
        'Too many wrong keys from this address: none is looked at now. Wait a minute.',
      );
    }
    const caller = presentedKey === '' ? null : findCaller(presentedKey);
    if (caller !== null) return caller;
    if (presentedKey !== '') {
      failedKeyLimiter.recordFailure(attemptKey);
      log.warn({ address }, 'a wrong admin key was tried');
    }
    throw new ApiError(
      'unauthorized',
      'Send the admin key, or a key of the project: "authorization: Bearer KEY".',
    );
  }

  return {
    async authenticate(request, reply) {
      reply.header('cache-control', 'no-store');
      if (!isSameOrigin(request))
        throw new ApiError('forbidden', 'Pages of other sites may not use the administration.');
      const [, presentedKey = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      const caller = requireCaller(request, reply, presentedKey);
      callers.set(request, caller);
      if (caller.project === null) return;
      const retryAfterMs = projectKeyBuckets.take(caller.actor.id);
      if (retryAfterMs > 0) {
        reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
        throw new ApiError('rate_limited', 'Too many requests with this key. Wait a moment.');
      }
      if (request.routeOptions.config.access !== 'project key')
        throw new ApiError('forbidden', 'This takes the admin key of the server.');
      const { id = '' } = request.params as { id?: string };
      // Whether another project exists is none of its business.
      if (id !== caller.project) throw projectNotFound(id);
    },
    callerOf(request) {
      const caller = callers.get(request);
      if (!caller) throw new Error('a request came past the door');
      return caller;
    },
  };
}

/** A key to be shown once, and the hash that is stored. */
export function generateApiKey(project: string): { id: string; key: string; hash: Buffer } {
  const key = `chatty_${project}_${randomBytes(API_KEY_BYTES).toString('hex')}`;
  return { id: randomBytes(6).toString('hex'), key, hash: sha256(key) };
}

/**
 * The doctor page is served by this server; no other page has business here. There is no cookie and nothing else that a
 * browser adds by itself, so no page could act for somebody else anyway: this keeps keys out of pages that are not ours.
 * Browsers say in `Sec-Fetch-Site` whether the page is ours (no script can write it), but only over https and on the
 * machine itself; elsewhere `Origin` has to name the host that was asked.
 */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  const fetchSite = headers['sec-fetch-site'];
  if (fetchSite !== undefined) return fetchSite === 'same-origin' || fetchSite === 'none';
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
