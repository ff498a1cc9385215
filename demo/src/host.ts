/** A demo site: its own login, a page with the two-line embed, and signed tokens for logged-in members. */

import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createToken } from '@chatty/token';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Account, authenticate } from './accounts.js';
import { html, type SafeHtml, scriptJson } from './html.js';
import { createLoginThrottle } from './login-throttle.js';
import { createLoginSessions } from './session.js';
import type { SiteDefinition } from './site.js';
import { createSiteServer, sendPage } from './site-server.js';

export type DemoSite = { listen(): Promise<{ port: number }>; close(): Promise<void> };

/** The chat cannot ask for a new token yet, so one lasts as long as the login. */
const TOKEN_LIFETIME_SECONDS = 12 * 3_600;

/** @param chattyUrl origin of the chat server as the visitor's browser reaches it */
export function createDemoSite(options: {
  site: SiteDefinition;
  host: string;
  port: number;
  chattyUrl: string;
  jwtSecret: string;
}): DemoSite {
  const { site, host, port, chattyUrl, jwtSecret } = options;
  const http = createSiteServer(site.id);
  const sessions = createLoginSessions(
    `${site.id}_session`,
    createHmac('sha256', jwtSecret).update('demo sessions').digest('hex'),
  );
  const brake = createLoginThrottle();

  const visitor = (request: FastifyRequest): Account | null => {
    const id = sessions.readAccountId(request.headers.cookie);
    return site.accounts.find((account) => account.id === id) ?? null;
  };
  const show = (reply: FastifyReply, status: number, render: (nonce: string) => SafeHtml) =>
    sendPage(reply, { status, chattyUrl }, render);

  http.get('/', (request, reply) => {
    const account = visitor(request);
    const token = account ? createVisitorToken(site, account, jwtSecret, request.headers.host) : null;
    return show(reply, 200, (nonce) =>
      site.renderPage(account?.nickname ?? null, renderEmbed(site, chattyUrl, token, nonce)),
    );
  });
  http.get('/login', (_request, reply) => show(reply, 200, () => site.renderLogin(null)));
  http.post('/login', async (request, reply) => {
    const { id = '', password = '' } = (request.body ?? {}) as Record<string, string | undefined>;
    if (!brake.tryAttempt(id)) return show(reply, 429, () => site.renderLogin('brake'));
    const account = await authenticate(site.accounts, id, password);
    if (!account) return show(reply, 401, () => site.renderLogin('wrong'));
    brake.clearAttempts(account.id);
    return reply.header('set-cookie', sessions.createCookie(account.id)).redirect('/', 303);
  });
  http.post('/logout', (_request, reply) =>
    reply.header('set-cookie', sessions.clearCookie()).redirect('/', 303),
  );

  return {
    async listen() {
      await http.listen({ host, port });
      return { port: (http.server.address() as AddressInfo).port };
    },
    close: () => http.close(),
  };
}

/** The two lines of the contract: the token, then the script. */
function renderEmbed(site: SiteDefinition, chattyUrl: string, token: string | null, nonce: string): SafeHtml {
  const params = {
    ...(token === null ? {} : { token }),
    ...(site.chatMount === null ? {} : { mount: site.chatMount }),
  };
  return html`<script nonce="${nonce}">window.params = ${scriptJson(params)}</script>
<script src="${chattyUrl}/widget.js" defer></script>`;
}

function createVisitorToken(site: SiteDefinition, account: Account, secret: string, ownHost = ''): string {
  const picture =
    account.picture !== null && /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(ownHost)
      ? `http://${ownHost}/${account.picture}`
      : null;
  return createToken({
    secret,
    projectId: site.id,
    userId: account.id,
    username: account.nickname,
    expiresIn: TOKEN_LIFETIME_SECONDS,
    ...(picture === null ? {} : { avatar: picture }),
  });
}
