/** Speaks Engine.IO 4: which way packets travel, WebSocket or long polling, and when a connection counts as lost. */

/** What is used of a WebSocket, so that `ws` will do where there is none. */
export type WebSocketConstructor = new (
  url: string,
) => { onmessage: unknown; onclose: unknown; onerror: unknown; send(packet: string): void; close(): void };

export type EngineIoClient = {
  send(message: string): void;
  /** Ends it without a word to `heard`. */
  close(): void;
  /** Whether it goes over a WebSocket that has brought no message so far, and no failure either. */
  readonly webSocketSilent: boolean;
};

type TransportHandlers = { take(packet: unknown): void; gone(): void };
/** One way for packets. Takes nothing and is never gone once it was closed. */
type Transport = {
  send(packet: string): void;
  close(): void;
  onHandshake?(sid: string, maxPayloadBytes: number): void;
};

const SEPARATOR = '\x1e';
/** Longest time in milliseconds for what is still to be sent when a connection is left. */
const CLOSE_GRACE_MS = 5_000;

/** @param options.address of the server, up to the name of the transport; without a WebSocket it goes by long polling */
export function openEngineIo(options: {
  address: string;
  WebSocket: WebSocketConstructor | null | undefined;
  handlers: { open(): void; message(text: string): void; lost(): void };
}): EngineIoClient {
  const { address, WebSocket, handlers } = options;
  const browserWindow = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>;
  const transportHandlers = { take: onPacket, gone: onTransportLost };
  let transport: Transport | undefined;
  let usesWebSocket = false;
  let opened = false;
  let silent = true;
  let closed = false;
  let heartbeatTimeoutMs = 0;
  let heartbeatTimer: ReturnType<typeof setTimeout> | undefined;

  function onPacket(packet: unknown): void {
    try {
      if (typeof packet !== 'string' || !handlePacket(packet[0], packet.slice(1))) onTransportLost();
    } catch {
      // What cannot be understood, here or further in, is worth no more than a broken connection.
      onTransportLost();
    }
  }

  /** Answers whether the connection goes on. */
  function handlePacket(type: string | undefined, text: string): boolean {
    if (opened !== (type !== '0')) return false;
    if (type === '0') {
      const { sid, pingInterval, pingTimeout, maxPayload } = JSON.parse(text);
      heartbeatTimeoutMs = pingInterval + pingTimeout;
      if (typeof sid !== 'string' || !Number.isFinite(heartbeatTimeoutMs)) return false;
      opened = true;
      transport?.onHandshake?.(sid, maxPayload);
      armHeartbeatTimeout();
      handlers.open();
    } else if (type === '2') {
      armHeartbeatTimeout();
      transport?.send('3');
    } else if (type === '4') {
      silent = false;
      handlers.message(text);
    } else return type === '6';
    return true;
  }

  function armHeartbeatTimeout(): void {
    clearTimeout(heartbeatTimer);
    heartbeatTimer = setTimeout(onTransportLost, heartbeatTimeoutMs);
  }

  function onTransportLost(): void {
    if (closed) return;
    transport?.close();
    if (usesWebSocket && !opened) startPolling();
    else {
      close();
      handlers.lost();
    }
  }

  function startPolling(): void {
    usesWebSocket = false;
    transport = openPollingTransport(address, transportHandlers);
  }

  function close(): void {
    closed = true;
    clearTimeout(heartbeatTimer);
    browserWindow.removeEventListener?.('offline', onTransportLost);
    transport?.close();
  }

  browserWindow.addEventListener?.('offline', onTransportLost);
  try {
    if (WebSocket) transport = openWebSocketTransport(WebSocket, address, transportHandlers);
    usesWebSocket = Boolean(transport);
  } catch {
    // A page may be forbidden to open one.
  }
  if (!transport) startPolling();

  return {
    send: (message) => transport?.send(`4${message}`),
    close,
    get webSocketSilent() {
      return usesWebSocket && silent;
    },
  };
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

  /** Does work that takes requests; its failure is the line's. */
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
    // What is said in one turn goes together.
    await null;
    while (queuedPackets.length > 0) await request(takeBatch());
    flushing = undefined;
  }

  /** As many of the waiting packets as the server takes at once, but at least one. */
  function takeBatch(): string {
    let size = -1;
    let count = 0;
    for (const packet of queuedPackets) {
      size += 1 + new TextEncoder().encode(packet).length;
      if (count > 0 && size > maxPayloadBytes) break;
      count += 1;
    }
    return queuedPackets.splice(0, count).join(SEPARATOR);
  }

  function send(packet: string): void {
    queuedPackets.push(packet);
    flushing ??= runOrFail(flushQueue);
  }

  /** A request cut off is not seen by every server and proxy: it is told, and then ends the one that waits. */
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
