/** Implements the client side of Engine.IO 4: WebSocket or long polling, and when a connection counts as lost. */

/** The part of a WebSocket that is used, so that `ws` works as well. */
export type WebSocketConstructor = new (
  url: string,
) => { onmessage: unknown; onclose: unknown; onerror: unknown; send(packet: string): void; close(): void };

export type EngineIoClient = {
  send(message: string): void;
  /** Closes the connection without a call of `lost`. */
  close(): void;
  /** Whether this is a WebSocket that has neither received a message nor failed so far. */
  readonly webSocketSilent: boolean;
};

type EngineIoHandlers = { open(): void; message(text: string): void; lost(): void };
type TransportHandlers = { take(packet: unknown): void; gone(): void };
/** Carries packets. Calls no handler after `close`. */
type Transport = {
  send(packet: string): void;
  close(): void;
  onHandshake?(sid: string, maxPayloadBytes: number): void;
};

const SEPARATOR = '\x1e';
/** Longest time for sending what is queued when a connection is closed. */
const CLOSE_GRACE_MS = 5_000;

/**
 * @param address of the server, up to the name of the transport
 * @param WebSocket null for long polling only
 */
export function openEngineIo(
  address: string,
  WebSocket: WebSocketConstructor | null | undefined,
  handlers: EngineIoHandlers,
): EngineIoClient {
  const browserWindow = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>;
  const transportHandlers = { take: onPacket, gone: onTransportLost };
  let opened = false;
  let silent = true;
  let closed = false;
  let heartbeatTimeoutMs = 0;
  let heartbeatTimer: ReturnType<typeof setTimeout> | undefined;

  browserWindow.addEventListener?.('offline', onTransportLost);
  let transport = WebSocket && tryWebSocketTransport(WebSocket, address, transportHandlers);
  let usesWebSocket = Boolean(transport);
  transport ??= openPollingTransport(address, transportHandlers);

  function onPacket(packet: unknown): void {
    try {
      if (typeof packet !== 'string' || !handlePacket(packet[0], packet.slice(1))) onTransportLost();
    } catch {
      // A packet that cannot be parsed, or whose handler fails, ends the connection.
      onTransportLost();
    }
  }

  /** Returns whether the packet is valid. */
  function handlePacket(type: string | undefined, text: string): boolean {
    if (opened !== (type !== '0')) return false;
    if (type === '0') {
      const { sid, pingInterval, pingTimeout, maxPayload } = JSON.parse(text);
      heartbeatTimeoutMs = pingInterval + pingTimeout;
      if (typeof sid !== 'string' || !Number.isFinite(heartbeatTimeoutMs)) return false;
      opened = true;
      transport?.onHandshake?.(sid, maxPayload);
      startHeartbeatTimeout();
      handlers.open();
    } else if (type === '2') {
      startHeartbeatTimeout();
      transport?.send('3');
    } else if (type === '4') {
      silent = false;
      handlers.message(text);
    } else return type === '6';
    return true;
  }

  function startHeartbeatTimeout(): void {
    clearTimeout(heartbeatTimer);
    heartbeatTimer = setTimeout(onTransportLost, heartbeatTimeoutMs);
  }

  function onTransportLost(): void {
    if (closed) return;
    transport?.close();
    if (usesWebSocket && !opened) {
      usesWebSocket = false;
      transport = openPollingTransport(address, transportHandlers);
    } else {
      close();
      handlers.lost();
    }
  }

  function close(): void {
    closed = true;
    clearTimeout(heartbeatTimer);
    browserWindow.removeEventListener?.('offline', onTransportLost);
    transport?.close();
  }

  return {
    send: (message) => transport?.send(`4${message}`),
    close,
    get webSocketSilent() {
      return usesWebSocket && silent;
    },
  };
}

/** Returns null if the page is not allowed to open a WebSocket. */
function tryWebSocketTransport(
  WebSocket: WebSocketConstructor,
  address: string,
  handlers: TransportHandlers,
): Transport | null {
  try {
    return openWebSocketTransport(WebSocket, address, handlers);
  } catch {
    return null;
  }
}

function openWebSocketTransport(
  WebSocket: WebSocketConstructor,
  address: string,
  { take, gone }: TransportHandlers,
): Transport {
  const socket = new WebSocket(`${address.replace('http', 'ws')}websocket`);
  let closed = false;
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (!closed) take(data);
  };
  socket.onclose = socket.onerror = () => {
    if (!closed) gone();
  };
  return {
    send: (packet) => socket.send(packet),
    close() {
      closed = true;
      socket.close();
    },
  };
}

function openPollingTransport(address: string, { take, gone }: TransportHandlers): Transport {
  const abortController = new AbortController();
  const { signal } = abortController;
  const queuedPackets: string[] = [];
  let url = `${address}polling`;
  let maxPayloadBytes = 0;
  let hasSession = false;
  let closed = false;
  let flushing: Promise<void> | undefined;

  async function request(body?: string): Promise<string> {
    const requestInit = { signal, credentials: 'omit', cache: 'no-store' } as const;
    const response = await fetch(
      url,
      body === undefined ? requestInit : { ...requestInit, method: 'POST', body },
    );
    if (!response.ok) throw new Error(`${response.status}`);
    return response.text();
  }

  /** Runs a task that sends requests; if it fails, the transport is lost. */
  async function runOrFail(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch {
      abortController.abort();
      if (!closed) gone();
    }
  }

  async function pollLoop(): Promise<void> {
    while (!closed) for (const packet of (await request()).split(SEPARATOR)) if (!closed) take(packet);
  }

  async function flushQueue(): Promise<void> {
    // Packets of one event-loop turn go into one request.
    await null;
    while (queuedPackets.length > 0) await request(takeBatch(queuedPackets, maxPayloadBytes));
    flushing = undefined;
  }

  function send(packet: string): void {
    queuedPackets.push(packet);
    flushing ??= runOrFail(flushQueue);
  }

  /** Not every server and proxy notices an aborted request, so a close packet is sent first. */
  async function closeGracefully(): Promise<void> {
    const deadline = setTimeout(() => abortController.abort(), CLOSE_GRACE_MS);
    send('1');
    await flushing;
    clearTimeout(deadline);
    abortController.abort();
  }

  void runOrFail(pollLoop);
  return {
    onHandshake(sid, maxPayload) {
      hasSession = true;
      url += `&sid=${encodeURIComponent(sid)}`;
      maxPayloadBytes = maxPayload;
    },
    send,
    close() {
      if (closed) return;
      closed = true;
      if (hasSession && !signal.aborted) void closeGracefully();
      else abortController.abort();
    },
  };
}

/** Removes from the queue as many packets as the server accepts in one request, at least one. */
function takeBatch(queuedPackets: string[], maxPayloadBytes: number): string {
  let size = -1;
  let count = 0;
  for (const packet of queuedPackets) {
    size += 1 + new TextEncoder().encode(packet).length;
    if (count > 0 && size > maxPayloadBytes) break;
    count += 1;
  }
  return queuedPackets.splice(0, count).join(SEPARATOR);
}
