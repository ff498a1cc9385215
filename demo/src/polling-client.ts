/** A minimal Socket.IO client over long polling, for one simulated member; keeps the demo free of a client library. */

export type PollingClient = {
  /** Answers the id of the stored message, or null where it was refused. */
  sendMessage(content: string, replyTo: number | null): Promise<number | null>;
  sendReaction(id: number, emoji: string): Promise<unknown>;
  sendTyping(): Promise<unknown>;
  disconnect(): Promise<void>;
};

type ServerAnswer = { ok: boolean; message?: { id: number } };

/** Engine.IO 4 puts this between the packets of one answer. */
const PACKET_SEPARATOR = '\x1e';
/** Longest wait for an answer in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Rejects when the server is not there or does not let the token in. */
export async function connectPollingClient(url: string, token: string): Promise<PollingClient> {
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const ending = new AbortController();
  const opened = await requestText(base, REQUEST_TIMEOUT_MS);
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const session = `${base}&sid=${encodeURIComponent(sid)}`;
  const waiting = new Map<number, (answer: ServerAnswer) => void>();
  let last = 0;
  let posts: Promise<unknown> = Promise.resolve();

  /** One at a time: the server ends a session whose posts overlap. */
  function post(packet: string): Promise<unknown> {
    posts = posts.then(() => requestText(session, REQUEST_TIMEOUT_MS, { method: 'POST', body: packet }));
    return posts;
  }

  function emit(event: string, payload: unknown): Promise<ServerAnswer> {
    const id = last++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => settle({ ok: false }), REQUEST_TIMEOUT_MS);
      const settle = (answer: ServerAnswer) => {
        clearTimeout(late);
        waiting.delete(id);
        resolve(answer);
      };
      waiting.set(id, settle);
      post(`42${id}${JSON.stringify([event, payload])}`).catch((error: unknown) => {
        clearTimeout(late);
        reject(error);
      });
    });
  }

  function receive(packet: string): void {
    if (packet === '2') post('3').catch(() => ending.abort());
    const [, id, body] = /^43(\d+)(.*)$/s.exec(packet) ?? [];
    if (id && body) waiting.get(Number(id))?.((JSON.parse(body) as [ServerAnswer])[0]);
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      const text = await fetch(session, { signal: ending.signal }).then(errorTextOf);
      for (const packet of text.split(PACKET_SEPARATOR)) receive(packet);
    }
  }

  await post(`40${JSON.stringify({ token })}`);
  const [first = ''] = (await requestText(session, REQUEST_TIMEOUT_MS)).split(PACKET_SEPARATOR);
  if (!first.startsWith('40')) throw new Error('The chat server did not let a talker in.');
  const following = follow().catch(() => ending.abort());

  return {
    async sendMessage(content, replyTo) {
      const { ok, message } = await emit('chat message', replyTo === null ? content : { content, replyTo });
      return ok && message ? message.id : null;
    },
    sendReaction: (id, emoji) => emit('react', { id, emoji, on: true }),
    sendTyping: () => emit('typing', {}),
    async disconnect() {
      await post('1').catch(() => undefined);
      ending.abort();
      await following;
    },
  };
}

function requestText(url: string, patience: number, init: RequestInit = {}): Promise<string> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(patience) }).then(errorTextOf);
}

async function errorTextOf(answer: Response): Promise<string> {
  if (!answer.ok) throw new Error(`The chat server answered ${answer.status}.`);
  return answer.text();
}
