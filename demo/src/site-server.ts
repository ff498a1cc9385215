/** The HTTP server of every demo site: public files, forms of its own pages only, and a strict content security policy. */

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { SafeHtml } from './html.js';

const PUBLIC_FOLDER = new URL('../public/', import.meta.url);
const CONTENT_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @param folder of the site's public files */
export function createSiteServer(folder: string): FastifyInstance {
  const http = Fastify({ bodyLimit: 4 * 1024, forceCloseConnections: true });
  servePublicFiles(http, folder);
  // Forms only: whatever else is posted is refused before anything looks at it.
  http.removeAllContentTypeParsers();
  http.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    },
  );
  http.addHook('onRequest', async (request, reply) => {
    // A form of another site may not log anybody in or out.
    const { origin, host: own } = request.headers;
    if (
      request.method === 'POST' &&
      origin !== undefined &&
      origin !== `http://${own}` &&
      origin !== `https://${own}`
    ) {
      return reply.code(403).send({ error: 'forbidden origin' });
    }
    return undefined;
  });
  return http;
}

/** @param frames whether the site may show its own pages in a frame */
export function sendPage(
  reply: FastifyReply,
  options: { status: number; chattyUrl: string; frames?: boolean },
  render: (nonce: string) => SafeHtml,
): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .code(options.status)
    .headers(securityHeaders(options.chattyUrl, nonce, options.frames ?? false))
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>\n${render(nonce).text}`);
}

/** A strict policy, which the widget has to live with: only its origin is allowed, no inline style, no eval. */
function securityHeaders(chattyUrl: string, nonce: string, frames: boolean): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' ${chattyUrl}`,
    `connect-src 'self' ${chattyUrl} ${chattyUrl.replace(/^http/, 'ws')}`,
    "style-src 'self'",
    "img-src 'self' https: data:",
    "base-uri 'none'",
    "form-action 'self'",
    ...(frames ? ["frame-src 'self'", "frame-ancestors 'self'"] : ["frame-ancestors 'none'"]),
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  };
}

/** Every public file is a route of its own, read once: there is no path to climb out of. */
function servePublicFiles(http: FastifyInstance, folder: string): void {
  for (const name of readdirSync(new URL(`${folder}/`, PUBLIC_FOLDER))) {
    const body = readFileSync(new URL(`${folder}/${name}`, PUBLIC_FOLDER));
    const type = CONTENT_TYPES[extname(name)] ?? 'application/octet-stream';
    http.get(`/${name}`, (_request, reply) =>
      reply
        .type(type)
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'no-cache')
        .send(body),
    );
  }
}
