/** A server of HTTP alone with short deadlines, in a process of its own that may open few files. Prints its port. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardHttpConnections } from '@chatty/server/http/http-connections';
import { createLog } from '@chatty/server/runtime/logger';

const deadlines = { head: 500, request: 500, close: 200, unread: 500, sweep: 20 };
const server = createServer(
  {
    headersTimeout: deadlines.head,
    requestTimeout: deadlines.request,
    connectionsCheckingInterval: deadlines.sweep,
  },
  (_request, response) => response.end('here'),
);
guardHttpConnections({ server, log: createLog('silent'), deadlines });
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
