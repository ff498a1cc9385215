/** The HTTP server: the widget's scripts, health checks, and headers that every response has. */

import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../runtime/logger.js';
import { HTTP_DEADLINES, type HttpDeadlines } from './http-connections.js';
import { sendScript, type WidgetAssets } from './widget-assets.js';

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
export function createHttpServer(options: {
  widget: WidgetAssets;
  notReadyReason: () => string | null;
  log: Log;
  deadlines?: HttpDeadlines;
}): FastifyInstance {
  const { widget, notReadyReason, log, deadlines = HTTP_DEADLINES } = options;
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
  http.get('/widget.js', (request, reply) => sendScript(widget.loader, request, reply));
  http.get<{ Params: { name: string } }>('/widget/:name', (request, reply) => {
    const chunk = widget.chunks.get(request.params.name);
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
