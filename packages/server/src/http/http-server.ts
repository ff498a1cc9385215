/** The plain HTTP side: the widget's scripts for the hosts' pages, health for whoever keeps the server running. */

import { createHash } from 'node:crypto';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../runtime/logger.js';
import { chooseEncoding, type Encoding, matchesEtag } from './header-fields.js';
import { HTTP_DEADLINES, type HttpDeadlines } from './http-connections.js';

type AssetVariant = { body: Buffer; etag: string };
type Asset = Record<Encoding, AssetVariant> & { cacheControl: string };
/** The built scripts: `widget.js`, and what it loads from below `/widget/`, by file name. */
export type WidgetFiles = { loader: Buffer; chunks: ReadonlyMap<string, Buffer> };

/** Five minutes, then a 304 in most cases: a fixed widget reaches every page soon, and a page view costs one request at most. */
const LOADER_CACHE_CONTROL = 'public, max-age=300, stale-while-revalidate=86400';
/** Their names carry a hash of their content. */
const CHUNK_CACHE_CONTROL = 'public, max-age=31536000, immutable';

/** An answer is for nobody to show, frame or guess about; a route that is more than data says so itself. */
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const SECURITY_HEADER_LINES = Object.entries(SECURITY_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
/** Every answer, whoever gives it: Socket.IO's long polling and refusals before a route is found are none of Fastify's. */
class SecureResponse<Request extends IncomingMessage> extends ServerResponse<Request> {
  constructor(...values: ConstructorParameters<typeof ServerResponse<Request>>) {
    super(...values);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) this.setHeader(name, value);
  }
}
/** What Node says of a request that is none, and how that is answered; everything else is 400. */
const STATUS_BY_CLIENT_ERROR: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * @param unreadiness why no visitors should be sent here, in a sentence; null: they may. Asked for every request of anybody
 */
export async function createHttpServer(options: {
  widget: WidgetFiles;
  notReadyReason: () => string | null;
  log: Log;
  deadlines?: HttpDeadlines;
}): Promise<FastifyInstance> {
  const { widget, notReadyReason, log, deadlines = HTTP_DEADLINES } = options;
  const loader = await encodeAsset(widget.loader, LOADER_CACHE_CONTROL);
  const chunks = new Map<string, Asset>();
  for (const [name, body] of widget.chunks) chunks.set(name, await encodeAsset(body, CHUNK_CACHE_CONTROL));

  function sendError(error: { statusCode?: number }, _request: FastifyRequest, reply: FastifyReply): void {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error }, 'a request failed');
    const code = status >= 500 ? 'unavailable' : 'invalid';
    const message = status >= 500 ? 'The server failed.' : 'The request is not valid, or too large.';
    reply.code(status).send({ code, message });
  }

  const http = Fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    requestTimeout: deadlines.requestMs,
    http: {
      headersTimeout: deadlines.headersMs,
      connectionsCheckingInterval: deadlines.sweepIntervalMs,
      ServerResponse: SecureResponse,
    },
    forceCloseConnections: true,
    frameworkErrors: sendError,
    clientErrorHandler(error, socket) {
      if (socket.destroyed || !socket.writable) return;
      const status = STATUS_BY_CLIENT_ERROR[error.code] ?? 400;
      const body = JSON.stringify({
        code: 'invalid',
        message: 'The request is not valid HTTP, or too large.',
      });
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n${SECURITY_HEADER_LINES}` +
          `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
    // As long as Node lets an address be: the administration names people in its paths, and says itself what is too long.
    routerOptions: { maxParamLength: 16 * 1024 },
  });
  const sendNotFound = (_request: FastifyRequest, reply: FastifyReply) =>
    reply.code(404).send({ code: 'not_found', message: 'There is nothing here.' });
  http.setNotFoundHandler(sendNotFound);
  // Before the body is looked at, which would make a difference to the answer.
  http.addHook('onRequest', async (request, reply) =>
    request.is404 ? sendNotFound(request, reply) : undefined,
  );
  http.setErrorHandler(sendError);
  http.get(
    '/',
    async () => 'Chatty is running. Pages embed /widget.js; the state is at /healthz and /readyz.\n',
  );
  http.get('/widget.js', (request, reply) => sendScript(loader, request, reply));
  http.get<{ Params: { name: string } }>('/widget/:name', (request, reply) => {
    const chunk = chunks.get(request.params.name);
    // A page whose loader is older than this server asks for what is no longer there; nobody may keep that answer.
    if (!chunk)
      reply.header('cache-control', 'no-store').header('access-control-allow-origin', '*').callNotFound();
    else sendScript(chunk, request, reply);
  });
  http.get('/healthz', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ ok: true }),
  );
  http.get('/readyz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    const message = notReadyReason();
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
    .header('cache-control', asset.cacheControl)
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('timing-allow-origin', '*')
    .header('vary', 'accept-encoding')
    .header('etag', etag);
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.send(body);
}

async function encodeAsset(body: Buffer, cacheControl: string): Promise<Asset> {
  const brotliParams = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  const [br, gzipped] = await Promise.all([
    promisify(brotliCompress)(body, { params: brotliParams }),
    promisify(gzip)(body, { level: 9 }),
  ]);
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const variantOf = (encoding: Encoding, bytes: Buffer) => ({ body: bytes, etag: `"${hash}-${encoding}"` });
  return {
    cacheControl,
    br: variantOf('br', br),
    gzip: variantOf('gzip', gzipped),
    identity: variantOf('identity', body),
  };
}
