/** Speaks Engine.IO 4: which way packets travel, WebSocket or long polling, and when a connection counts as lost. */

/** What is used of a WebSocket, so that `ws` will do where there is none. */
export type SocketConstructor = new (
  url: string,
) => { onmessage: unknown; onclose: unknown; onerror: unknown; send(packet: string): void; close(): void };

export type Engine = {
  send(message: string): void;
  /** Ends it without a word to `heard`. */
  close(): void;
  /** Whether it goes over a WebSocket that has brought no message so far, and no failure either. */
  readonly silent: boolean;
};

type Ends = { take(packet: unknown): void; gone(): void };
/** One way for packets. Takes nothing and is never gone once it was closed. */
type Line = { send(packet: string): void; close(): void; shake?(sid: string, most: number): void };

const SEPARATOR = '\x1e';
/** Longest time in milliseconds for what is still to be sent when a connection is left. */
const FAREWELL = 5_000;

/** @param options.address of the server, up to the name of the transport; without a WebSocket it goes by long polling */
export function openEngine(options: {
  address: string;
  WebSocket: SocketConstructor | null | undefined;
  heard: { open(): void; message(text: string): void; lost(): void };
}): Engine {
  const { address, WebSocket, heard } = options;
  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'removeEventListener'>>;
  const ends = { take, gone };
  let line: Line | undefined;
  let socketed = false;
  let opened = false;
  let silent = true;
  let closed = false;
  let wait = 0;
  let patience: ReturnType<typeof setTimeout> | undefined;

  function take(packet: unknown): void {
    try {
      if (typeof packet !== 'string' || !read(packet[0], packet.slice(1))) gone();
    } catch {
      // What cannot be understood, here or further in, is worth no more than a broken connection.
      gone();
    }
  }

  /** Answers whether the connection goes on. */
  function read(type: string | undefined, text: string): boolean {
    if (opened !== (type !== '0')) return false;
    if (type === '0') {
      const { sid, pingInterval, pingTimeout, maxPayload } = JSON.parse(text);
      wait = pingInterval + pingTimeout;
      if (typeof sid !== 'string' || !Number.isFinite(wait)) return false;
      opened = true;
      line?.shake?.(sid, maxPayload);
      expect();
      heard.open();
    } else if (type === '2') {
      expect();
      line?.send('3');
    } else if (type === '4') {
      silent = false;
      heard.message(text);
    } else return type === '6';
    return true;
  }

  function expect(): void {
    clearTimeout(patience);
    patience = setTimeout(gone, wait);
  }

  function gone(): void {
    if (closed) return;
    line?.close();
    if (socketed && !opened) poll();
    else {
      close();
      heard.lost();
    }
  }

  function poll(): void {
    socketed = false;
    line = overPolling(address, ends);
  }

  function close(): void {
    closed = true;
    clearTimeout(patience);
    page.removeEventListener?.('offline', gone);
    line?.close();
  }

  page.addEventListener?.('offline', gone);
  try {
    if (WebSocket) line = overWebSocket(WebSocket, address, ends);
    socketed = Boolean(line);
  } catch {
    // A page may be forbidden to open one.
  }
  if (!line) poll();

  return {
    send: (message) => line?.send(`4${message}`),
    close,
    get silent() {
      return socketed && silent;
    },
  };
}

function overWebSocket(WebSocket: SocketConstructor, address: string, { take, gone }: Ends): Line {
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

function overPolling(address: string, { take, gone }: Ends): Line {
  const stop = new AbortController();
  const { signal } = stop;
  const waiting: string[] = [];
  let url = `${address}polling`;
  let most = 0;
  let known = false;
  let closed = false;
  let posting: Promise<void> | undefined;

  async function request(body?: string): Promise<string> {
    const about = { signal, credentials: 'omit', cache: 'no-store' } as const;
    const answer = await fetch(url, body === undefined ? about : { ...about, method: 'POST', body });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.text();
  }

  /** Does work that takes requests; its failure is the line's. */
  async function keep(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      stop.abort();
      if (!closed) gone();
    }
  }

  async function listen(): Promise<void> {
    while (!closed) for (const packet of (await request()).split(SEPARATOR)) if (!closed) take(packet);
  }

  async function post(): Promise<void> {
    // What is said in one turn goes together.
    await null;
    while (waiting.length > 0) await request(batch());
    posting = undefined;
  }

  /** As many of the waiting packets as the server takes at once, but at least one. */
  function batch(): string {
    let size = -1;
    let count = 0;
    for (const packet of waiting) {
      size += 1 + new TextEncoder().encode(packet).length;
      if (count > 0 && size > most) break;
      count += 1;
    }
    return waiting.splice(0, count).join(SEPARATOR);
  }

  function send(packet: string): void {
    waiting.push(packet);
    posting ??= keep(post);
  }

  /** A request cut off is not seen by every server and proxy: it is told, and then ends the one that waits. */
  async function leave(): Promise<void> {
    const deadline = setTimeout(() => stop.abort(), FAREWELL);
    send('1');
    await posting;
    clearTimeout(deadline);
    stop.abort();
  }

  void keep(listen);
  return {
    shake(sid, payload) {
      known = true;
      url += `&sid=${encodeURIComponent(sid)}`;
      most = payload;
    },
    send,
    close() {
      if (closed) return;
      closed = true;
      if (known && !signal.aborted) void leave();
      else stop.abort();
    },
  };
}
