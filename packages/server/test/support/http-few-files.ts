/** A server of HTTP alone with short deadlines, in a process of its own that may open few files. Prints its port. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { enforceHttpDeadlines } from '../../src/http/http-connections.js';
import { createLog } from '../../src/runtime/logger.js';

const httpTimeouts = { headersMs: 500, requestMs: 500, closeMs: 200, unreadMs: 500, sweepIntervalMs: 20 };
const server = createServer(
  {
    headersTimeout: httpTimeouts.headersMs,
    requestTimeout: httpTimeouts.requestMs,
    connectionsCheckingInterval: httpTimeouts.sweepIntervalMs,
  },
  (_request, response) => response.end('here'),
);
enforceHttpDeadlines({ server, log: createLog('silent'), deadlines: httpTimeouts });
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
