/** The plain HTTP side: the widget's scripts for the hosts' pages, health for whoever keeps the server running. */

import { createHash } from 'node:crypto';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../runtime/logger.js';
import { chooseEncoding, type Encoding, namesTag } from './header-fields.js';
import { HTTP_DEADLINES, type HttpDeadlines } from './http-connections.js';

type Variant = { body: Buffer; etag: string };
type Asset = Record<Encoding, Variant> & { cache: string };
/** The built scripts: `widget.js`, and what it loads from below `/widget/`, by file name. */
export type Widget = { loader: Buffer; parts: ReadonlyMap<string, Buffer> };

/** Five minutes, then a 304 in most cases: a fixed widget reaches every page soon, and a page view costs one request at most. */
const LOADER_CACHE = 'public, max-age=300, stale-while-revalidate=86400';
/** Their names carry a hash of their content. */
const PART_CACHE = 'public, max-age=31536000, immutable';

/** An answer is for nobody to show, frame or guess about; a route that is more than data says so itself. */
const GUARDED = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const GUARDED_LINES = Object.entries(GUARDED)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
/** Every answer, whoever gives it: Socket.IO's long polling and refusals before a route is found are none of Fastify's. */
class GuardedResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  constructor(...values: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...values);
    for (const [name, value] of Object.entries(GUARDED)) this.setHeader(name, value);
  }
}
/** What Node says of a request that is none, and how that is answered; everything else is 400. */
const BROKEN: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/**
 * @param unreadiness why no visitors should be sent here, in a sentence; null: they may. Asked for every request of anybody
 */
export async function createHttp(options: {
  widget: Widget;
  unreadiness: () => string | null;
  log: Log;
  deadlines?: HttpDeadlines;
}): Promise<FastifyInstance> {
  const { widget, unreadiness, log, deadlines = HTTP_DEADLINES } = options;
  const loader = await prepare(widget.loader, LOADER_CACHE);
  const parts = new Map<string, Asset>();
  for (const [name, body] of widget.parts) parts.set(name, await prepare(body, PART_CACHE));

  function answerFault(error: { statusCode?: number }, _request: FastifyRequest, reply: FastifyReply): void {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error }, 'a request failed');
    const code = status >= 500 ? 'unavailable' : 'invalid';
    const message = status >= 500 ? 'The server failed.' : 'The request is not valid, or too large.';
    reply.code(status).send({ code, message });
  }

  const http = Fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    requestTimeout: deadlines.request,
    http: {
      headersTimeout: deadlines.head,
      connectionsCheckingInterval: deadlines.sweep,
      ServerResponse: GuardedResponse,
    },
    forceCloseConnections: true,
    frameworkErrors: answerFault,
    clientErrorHandler(error, socket) {
      if (socket.destroyed || !socket.writable) return;
      const status = BROKEN[error.code] ?? 400;
      const body = JSON.stringify({
        code: 'invalid',
        message: 'The request is not valid HTTP, or too large.',
      });
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n${GUARDED_LINES}` +
          `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
    // As long as Node lets an address be: the administration names people in its paths, and says itself what is too long.
    routerOptions: { maxParamLength: 16 * 1024 },
  });
  const answerMissing = (_request: FastifyRequest, reply: FastifyReply) =>
    reply.code(404).send({ code: 'not_found', message: 'There is nothing here.' });
  http.setNotFoundHandler(answerMissing);
  // Before the body is looked at, which would make a difference to the answer.
  http.addHook('onRequest', async (request, reply) =>
    request.is404 ? answerMissing(request, reply) : undefined,
  );
  http.setErrorHandler(answerFault);
  http.get(
    '/',
    async () => 'Chatty is running. Pages embed /widget.js; the state is at /healthz and /readyz.\n',
  );
  http.get('/widget.js', (request, reply) => sendScript(loader, request, reply));
  http.get<{ Params: { name: string } }>('/widget/:name', (request, reply) => {
    const part = parts.get(request.params.name);
    // A page whose loader is older than this server asks for what is no longer there; nobody may keep that answer.
    if (!part)
      reply.header('cache-control', 'no-store').header('access-control-allow-origin', '*').callNotFound();
    else sendScript(part, request, reply);
  });
  http.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true }),
  );
  http.get('/readyz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    const message = unreadiness();
    if (message === null) return { ok: true };
    return reply.code(503).send({ ok: false, code: 'unavailable', message });
  });
  return http;
}

function sendScript(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding']);
  const { body, etag } = asset[encoding];
  reply
    .header('content-type', 'text/javascript; charset=utf-8')
    .header('cache-control', asset.cache)
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('timing-allow-origin', '*')
    .header('vary', 'accept-encoding')
    .header('etag', etag);
  if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.send(body);
}

async function prepare(body: Buffer, cache: string): Promise<Asset> {
  const text = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(body, { params: text }),
    promisify(gzip)(body, { level: 9 }),
  ]);
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const variant = (encoding: Encoding, bytes: Buffer) => ({ body: bytes, etag: `"${hash}-${encoding}"` });
  return { cache, br: variant('br', br), gzip: variant('gzip', zipped), identity: variant('identity', body) };
}
