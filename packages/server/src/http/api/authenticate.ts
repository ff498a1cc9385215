/** Decides who may use the administration: the operator all of it, a project's own key its project, no page but our own. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, createFailedKeys } from '../../limits/api-key-attempts.js';
import { createLimit } from '../../limits/token-bucket.js';
import type { Projects } from '../../projects/projects.js';
import { monotonicTime } from '../../runtime/clocks.js';
import type { Log } from '../../runtime/logger.js';
import type { Actor } from '../../store/moderation-store.js';
import type { KeyRow, ProjectRecords } from '../../store/project-store.js';
import type { Addresses } from '../client-address.js';
import { Fault, noProject } from './errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who is let in beside the operator; a route that does not say is the operator's alone. */
    access?: 'project key';
  }
}

/** For routes below `/projects/:id` that a key of that project opens. */
export const FOR_KEYS = { config: { access: 'project key' } } as const;

/** `project`: the only one the caller reaches; null: all. */
export type Caller = { actor: Actor; project: string | null };

export type Door = {
  /** Runs before the body is read. Throws a `Fault`. */
  admit(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  /** Who was let in with this request. */
  callerOf(request: FastifyRequest): Caller;
};

/** What one key of a project may ask, so that no project takes the administration from the others. */
const CALLS = { burst: 200, perSecond: 20 };
const KEY_BYTES = 32;
/** `chatty_PROJECT_` and the random part in hex, so that scanners for leaked secrets can tell it. */
const KEY = /^chatty_([a-z0-9][a-z0-9._-]{0,63})_[0-9a-f]{64}$/;
/** Least time between two notes that a key is in use, in milliseconds. */
const NOTE = 60_000;
const OPERATOR: Caller = {
  actor: { kind: 'operator', id: 'operator', name: 'operator' },
  project: null,
};

export function createDoor(options: {
  key: string;
  records: ProjectRecords;
  projects: Projects;
  addresses: Addresses;
  log: Log;
  now?: () => number;
}): Door {
  const { key, records, projects, addresses, log, now = monotonicTime } = options;
  const failedKeys = createFailedKeys(now);
  const calls = createLimit({ ...CALLS, now });
  const wanted = hashOf(key);
  const isKeyForm = KEY.test(key);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const noted = new Map<string, number>();

  function note(project: string, id: string): void {
    const time = now();
    if (time < (noted.get(id) ?? Number.NEGATIVE_INFINITY) + NOTE) return;
    noted.set(id, time);
    records.keyUsed(project, id).catch((error) => {
      log.debug({ project, reason: String(error) }, 'the time of use of a key could not be written');
    });
  }

  /** The project that this would be a key of; '': it can only be the admin key. */
  function projectOfKey(given: string): string {
    const [, project = ''] = isKeyForm ? [] : (KEY.exec(given) ?? []);
    return projects.get(project) === null ? '' : project;
  }

  /** Hashes are compared, so that the time tells nothing of a key. */
  function identify(given: string): Caller | null {
    const hash = hashOf(given);
    if (timingSafeEqual(hash, wanted)) return OPERATOR;
    const [, project = ''] = KEY.exec(given) ?? [];
    const fits = (row: KeyRow) => row.revokedAt === null && timingSafeEqual(hash, row.hash);
    const found = projects.get(project)?.row.keys.find(fits);
    if (!found) return null;
    note(project, found.id);
    return { actor: { kind: 'key', id: found.id, name: found.name }, project };
  }

  /** Beyond too many wrong keys none is compared, so that the right one is not found by going on. */
  function authenticate(request: FastifyRequest, reply: FastifyReply, given: string): Caller {
    const address = addresses.of(request.raw);
    const { headers, socket } = request.raw;
    const isForwarded = headers['x-forwarded-for'] !== undefined;
    const from = callerOf(address, socket.remoteAddress, isForwarded, projectOfKey(given));
    const wait = given === '' ? 0 : failedKeys.wait(from);
    if (wait > 0) {
      reply.header('retry-after', Math.ceil(wait / 1_000));
      throw new Fault(
        'rate_limited',
        'Too many wrong keys from this address: none is looked at now. Wait a minute.',
      );
    }
    const caller = given === '' ? null : identify(given);
    if (caller !== null) return caller;
    if (given !== '') {
      failedKeys.add(from);
      log.warn({ address }, 'a wrong admin key was tried');
    }
    throw new Fault(
      'unauthorized',
      'Send the admin key, or a key of the project: "authorization: Bearer KEY".',
    );
  }

  return {
    async admit(request, reply) {
      reply.header('cache-control', 'no-store');
      if (!isOwnPage(request))
        throw new Fault('forbidden', 'Pages of other sites may not use the administration.');
      const [, given = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      const caller = authenticate(request, reply, given);
      callers.set(request, caller);
      if (caller.project === null) return;
      const wait = calls.take(caller.actor.id);
      if (wait > 0) {
        reply.header('retry-after', Math.ceil(wait / 1_000));
        throw new Fault('rate_limited', 'Too many requests with this key. Wait a moment.');
      }
      if (request.routeOptions.config.access !== 'project key')
        throw new Fault('forbidden', 'This takes the admin key of the server.');
      const { id = '' } = request.params as { id?: string };
      // Whether another project exists is none of its business.
      if (id !== caller.project) throw noProject(id);
    },
    callerOf(request) {
      const caller = callers.get(request);
      if (!caller) throw new Error('a request came past the door');
      return caller;
    },
  };
}

/** A key to be shown once, and what is kept of it. */
export function makeKey(project: string): { id: string; key: string; hash: Buffer } {
  const key = `chatty_${project}_${randomBytes(KEY_BYTES).toString('hex')}`;
  return { id: randomBytes(6).toString('hex'), key, hash: hashOf(key) };
}

/**
 * The doctor page is served by this server; no other page has business here. There is no cookie and nothing else that a
 * browser adds by itself, so no page could act for somebody else anyway: this keeps keys out of pages that are not ours.
 * Browsers say in `Sec-Fetch-Site` whether the page is ours (no script can write it), but only over https and on the
 * machine itself; elsewhere `Origin` has to name the host that was asked.
 */
function isOwnPage({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
