/** The playground: a page on which every setting of the chat can be tried, with tokens for whoever one wants to be. */

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createToken } from '@chatty/token/create-token';
import type { FastifyRequest } from 'fastify';
import type { Host } from './host.js';
import { playgroundPage, stagePage } from './playground-page.js';
import { createCrowd, type Language } from './simulated-users.js';
import { createWeb, sendPage } from './site-server.js';

/** The project of its own: what is said here is read nowhere else, and these tokens open nothing else. */
export const PROJECT = 'playground';
const HOUR = 3_600;
/** Longest name the imaginary people call. */
const NAME = 40;
/** Milliseconds from one line of the imaginary people to the next. */
const PACE = 1_500;

/**
 * @param chattyUrl origin of the chat server as the visitor's browser reaches it
 * @param innerUrl the same as this process reaches it
 */
export function createPlayground(options: {
  host: string;
  port: number;
  chattyUrl: string;
  innerUrl?: string;
  jwtSecret: string;
  pace?: number;
}): Host {
  const { host, port, chattyUrl, innerUrl = chattyUrl, jwtSecret, pace = PACE } = options;
  const http = createWeb('playground');
  const crowd = createCrowd({ url: innerUrl, jwtSecret, projectId: PROJECT, pace });

  http.get('/', (request, reply) => {
    const language = languageOf(request);
    return sendPage(reply, { status: 200, chattyUrl, frames: true }, () =>
      playgroundPage(language, chattyUrl, PROJECT),
    );
  });
  http.get('/stage', (request, reply) => {
    const language = languageOf(request);
    return sendPage(reply, { status: 200, chattyUrl, frames: true }, () => stagePage(language, chattyUrl));
  });
  http.post('/token', (request, reply) => {
    const { username = '', kind = '' } = fieldsOf(request);
    try {
      return reply.send({ token: tokenFor(username.trim(), kind, jwtSecret) });
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'wrong name' });
    }
  });
  http.post('/crowd', async (request, reply) => {
    const { username = '' } = fieldsOf(request);
    try {
      const answer = await crowd.talk(languageOf(request), username.trim().slice(0, NAME));
      return reply.code(answer === 'busy' ? 429 : 202).send({ answer });
    } catch {
      return reply.code(502).send({ answer: 'unreachable' });
    }
  });

  return {
    async listen() {
      await http.listen({ host, port });
      return { port: (http.server.address() as AddressInfo).port };
    },
    async close() {
      await crowd.close();
      await http.close();
    },
  };
}

/** A good token, one that has run out, or one that somebody else has signed. Throws where the name is none. */
function tokenFor(username: string, kind: string, jwtSecret: string): string {
  const secret = kind === 'forged' ? randomBytes(32).toString('hex') : jwtSecret;
  const ago = kind === 'expired' ? 2 * HOUR : 0;
  return createToken({
    secret,
    projectId: PROJECT,
    username,
    expiresIn: HOUR,
    now: Date.now() - ago * 1_000,
  });
}

function fieldsOf(request: FastifyRequest): Record<string, string | undefined> {
  return (request.body ?? {}) as Record<string, string | undefined>;
}

/** `?lang=` where it is said, else what the browser would rather read. */
function languageOf(request: FastifyRequest): Language {
  const { lang } = request.query as { lang?: unknown };
  if (lang === 'ko' || lang === 'en') return lang;
  const [first = ''] = /\b(ko|en)\b/.exec(request.headers['accept-language'] ?? '') ?? [];
  return first === 'ko' ? 'ko' : 'en';
}
