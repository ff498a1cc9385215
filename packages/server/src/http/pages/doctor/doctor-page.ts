/** Serves the doctor page from fixed files, with a content security policy that allows nothing else. */

import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** The folder of this file, in the sources and in the build. */
const ASSETS_URL = new URL('./', import.meta.url);
const CONTENT_TYPES: Record<string, string> = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'answer.js': 'text/javascript; charset=utf-8',
  'elements.js': 'text/javascript; charset=utf-8',
  'words.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};
/** Keys and tokens are pasted here: no script but ours, no other place that they could be sent to, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  // A server of another version asks for its own.
  'cache-control': 'no-cache',
};

export async function registerDoctorPage(http: FastifyInstance): Promise<void> {
  const page = await readFile(new URL('page.html', ASSETS_URL));
  http.get('/doctor', (_request, reply) =>
    reply.headers(SECURITY_HEADERS).type('text/html; charset=utf-8').send(page),
  );
  for (const [name, type] of Object.entries(CONTENT_TYPES)) {
    const body = await readFile(new URL(name, ASSETS_URL));
    http.get(`/doctor/${name}`, (_request, reply) => reply.headers(SECURITY_HEADERS).type(type).send(body));
  }
}
