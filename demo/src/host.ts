/** A host site: its own login, a page with the two-line embed, and tokens signed for whoever is logged in. */

import { createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { createToken } from '@chatty/token/token';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Account, authenticate } from './accounts.js';
import { createBrake } from './brake.js';
import { type Html, html, scriptJson } from './page.js';
import { createSessions } from './session.js';
import type { Site } from './site.js';

export type Host = { listen(): Promise<{ port: number }>; close(): Promise<void> };

const PUBLIC = new URL('../public/', import.meta.url);
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** The chat cannot ask for a new token yet, so one lasts as long as the login. */
const TOKEN_SECONDS = 12 * 3_600;

/** @param chattyUrl origin of the chat server as the visitor's browser reaches it */
export function createHost(options: {
  site: Site;
  host: string;
  port: number;
  chattyUrl: string;
  jwtSecret: string;
}): Host {
  const { site, host, port, chattyUrl, jwtSecret } = options;
  const http = Fastify({ bodyLimit: 4 * 1024, forceCloseConnections: true });
  const sessions = createSessions(
    `${site.id}_session`,
    createHmac('sha256', jwtSecret).update('demo sessions').digest('hex'),
  );
  const brake = createBrake();
  servePublicFiles(http, site.id);
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

  const visitor = (request: FastifyRequest): Account | null => {
    const id = sessions.read(request.headers.cookie);
    return site.accounts.find((account) => account.id === id) ?? null;
  };
  const show = (reply: FastifyReply, status: number, render: (nonce: string) => Html) => {
    const nonce = randomBytes(16).toString('base64');
    const page = `<!doctype html>\n${render(nonce).text}`;
    return reply
      .code(status)
      .headers(pageHeaders(chattyUrl, nonce))
      .type('text/html; charset=utf-8')
      .send(page);
  };

  http.get('/', (request, reply) => {
    const account = visitor(request);
    const token = account ? tokenFor(site, account, jwtSecret, request.headers.host) : null;
    return show(reply, 200, (nonce) =>
      site.page(account?.nickname ?? null, embed(site, chattyUrl, token, nonce)),
    );
  });
  http.get('/login', (_request, reply) => show(reply, 200, () => site.login(null)));
  http.post('/login', async (request, reply) => {
    const { id = '', password = '' } = (request.body ?? {}) as Record<string, string | undefined>;
    if (!brake.takes(id)) return show(reply, 429, () => site.login('brake'));
    const account = await authenticate(site.accounts, id, password);
    if (!account) return show(reply, 401, () => site.login('wrong'));
    brake.release(account.id);
    return reply.header('set-cookie', sessions.start(account.id)).redirect('/', 303);
  });
  http.post('/logout', (_request, reply) => reply.header('set-cookie', sessions.end()).redirect('/', 303));

  return {
    async listen() {
      await http.listen({ host, port });
      return { port: (http.server.address() as AddressInfo).port };
    },
    close: () => http.close(),
  };
}

/** The two lines of the contract: the token, then the script. */
function embed(site: Site, chattyUrl: string, token: string | null, nonce: string): Html {
  const params = {
    ...(token === null ? {} : { token }),
    ...(site.mount === null ? {} : { mount: site.mount }),
  };
  return html`<script nonce="${nonce}">window.params = ${scriptJson(params)}</script>
<script src="${chattyUrl}/widget.js" defer></script>`;
}

function tokenFor(site: Site, account: Account, secret: string, ownHost = ''): string {
  const picture =
    account.picture !== null && /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(ownHost)
      ? `http://${ownHost}/${account.picture}`
      : null;
  return createToken({
    secret,
    projectId: site.id,
    userId: account.id,
    username: account.nickname,
    expiresIn: TOKEN_SECONDS,
    ...(picture === null ? {} : { avatar: picture }),
  });
}

/** A strict policy, which the widget has to live with: only its origin is allowed, no inline style, no eval. */
function pageHeaders(chattyUrl: string, nonce: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' ${chattyUrl}`,
    `connect-src 'self' ${chattyUrl} ${chattyUrl.replace(/^http/, 'ws')}`,
    "style-src 'self'",
    "img-src 'self' https: data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
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
  for (const name of readdirSync(new URL(`${folder}/`, PUBLIC))) {
    const body = readFileSync(new URL(`${folder}/${name}`, PUBLIC));
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    http.get(`/${name}`, (_request, reply) =>
      reply
        .type(type)
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'no-cache')
        .send(body),
    );
  }
}
