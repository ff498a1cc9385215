/** A host site: its own login, a page with the two-line embed, and tokens signed for whoever is logged in. */

import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createToken } from '@chatty/token/create-token';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Account, authenticate } from './accounts.js';
import { type Html, html, scriptJson } from './html.js';
import { createBrake } from './login-throttle.js';
import { createSessions } from './session.js';
import type { Site } from './site.js';
import { createWeb, sendPage } from './site-server.js';

export type Host = { listen(): Promise<{ port: number }>; close(): Promise<void> };

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
  const http = createWeb(site.id);
  const sessions = createSessions(
    `${site.id}_session`,
    createHmac('sha256', jwtSecret).update('demo sessions').digest('hex'),
  );
  const brake = createBrake();

  const visitor = (request: FastifyRequest): Account | null => {
    const id = sessions.read(request.headers.cookie);
    return site.accounts.find((account) => account.id === id) ?? null;
  };
  const show = (reply: FastifyReply, status: number, render: (nonce: string) => Html) =>
    sendPage(reply, { status, chattyUrl }, render);

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
