/** Serves the playground, where every setting of the chat can be tried, and signs tokens for its visitors. */

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createToken } from '@chatty/token';
import type { FastifyRequest } from 'fastify';
import type { DemoSite } from './host.js';
import { renderPlaygroundPage, renderStagePage } from './playground-page.js';
import { createSimulatedUsers, type Language } from './simulated-users.js';
import { createSiteServer, sendPage } from './site-server.js';

/** The project of its own: what is said here is read nowhere else, and these tokens open nothing else. */
export const PLAYGROUND_PROJECT = 'playground';
const TOKEN_LIFETIME_SECONDS = 3_600;
/** Longest name the imaginary people call. */
const MAX_NAME_LENGTH = 40;
/** Milliseconds from one line of the imaginary people to the next. */
const MESSAGE_INTERVAL_MS = 1_500;

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
}): DemoSite {
  const { host, port, chattyUrl, innerUrl = chattyUrl, jwtSecret, pace = MESSAGE_INTERVAL_MS } = options;
  const http = createSiteServer('playground');
  const crowd = createSimulatedUsers({ url: innerUrl, jwtSecret, projectId: PLAYGROUND_PROJECT, pace });

  http.get('/', (request, reply) => {
    const language = requestLanguage(request);
    return sendPage(reply, { status: 200, chattyUrl, frames: true }, () =>
      renderPlaygroundPage(language, chattyUrl, PLAYGROUND_PROJECT),
    );
  });
  http.get('/stage', (request, reply) => {
    const language = requestLanguage(request);
    return sendPage(reply, { status: 200, chattyUrl, frames: true }, () =>
      renderStagePage(language, chattyUrl),
    );
  });
  http.post('/token', (request, reply) => {
    const { username = '', kind = '' } = formFieldsOf(request);
    try {
      return reply.send({ token: createPlaygroundToken(username.trim(), kind, jwtSecret) });
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'wrong name' });
    }
  });
  http.post('/crowd', async (request, reply) => {
    const { username = '' } = formFieldsOf(request);
    try {
      const answer = await crowd.startConversation(
        requestLanguage(request),
        username.trim().slice(0, MAX_NAME_LENGTH),
      );
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
function createPlaygroundToken(username: string, kind: string, jwtSecret: string): string {
  const secret = kind === 'forged' ? randomBytes(32).toString('hex') : jwtSecret;
  const ago = kind === 'expired' ? 2 * TOKEN_LIFETIME_SECONDS : 0;
  return createToken({
    secret,
    projectId: PLAYGROUND_PROJECT,
    username,
    expiresIn: TOKEN_LIFETIME_SECONDS,
    now: Date.now() - ago * 1_000,
  });
}

function formFieldsOf(request: FastifyRequest): Record<string, string | undefined> {
  return (request.body ?? {}) as Record<string, string | undefined>;
}

/** `?lang=` where it is said, else what the browser would rather read. */
function requestLanguage(request: FastifyRequest): Language {
  const { lang } = request.query as { lang?: unknown };
  if (lang === 'ko' || lang === 'en') return lang;
  const [first = ''] = /\b(ko|en)\b/.exec(request.headers['accept-language'] ?? '') ?? [];
  return first === 'ko' ? 'ko' : 'en';
}
