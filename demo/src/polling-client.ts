/** One member of a room, over Socket.IO's long polling by hand: what the demo needs of a client, without one in its dependencies. */

export type Talker = {
  /** Answers the id of the stored message, or null where it was refused. */
  say(content: string, replyTo: number | null): Promise<number | null>;
  react(id: number, emoji: string): Promise<unknown>;
  typing(): Promise<unknown>;
  leave(): Promise<void>;
};

type Answer = { ok: boolean; message?: { id: number } };

/** Engine.IO 4 puts this between the packets of one answer. */
const SEPARATOR = '\x1e';
/** Longest wait for an answer in milliseconds. */
const PATIENCE = 10_000;

/** Rejects when the server is not there or does not let the token in. */
export async function joinRoom(url: string, token: string): Promise<Talker> {
  const base = `${url}/socket.io/?EIO=4&transport=polling`;
  const ending = new AbortController();
  const opened = await read(base, PATIENCE);
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const session = `${base}&sid=${encodeURIComponent(sid)}`;
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  let posts: Promise<unknown> = Promise.resolve();

  /** One at a time: the server ends a session whose posts overlap. */
  function post(packet: string): Promise<unknown> {
    posts = posts.then(() => read(session, PATIENCE, { method: 'POST', body: packet }));
    return posts;
  }

  function emit(event: string, payload: unknown): Promise<Answer> {
    const id = last++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => settle({ ok: false }), PATIENCE);
      const settle = (answer: Answer) => {
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
    if (id && body) waiting.get(Number(id))?.((JSON.parse(body) as [Answer])[0]);
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      const text = await fetch(session, { signal: ending.signal }).then(textOf);
      for (const packet of text.split(SEPARATOR)) receive(packet);
    }
  }

  await post(`40${JSON.stringify({ token })}`);
  const [first = ''] = (await read(session, PATIENCE)).split(SEPARATOR);
  if (!first.startsWith('40')) throw new Error('The chat server did not let a talker in.');
  const following = follow().catch(() => ending.abort());

  return {
    async say(content, replyTo) {
      const { ok, message } = await emit('chat message', replyTo === null ? content : { content, replyTo });
      return ok && message ? message.id : null;
    },
    react: (id, emoji) => emit('react', { id, emoji, on: true }),
    typing: () => emit('typing', {}),
    async leave() {
      await post('1').catch(() => undefined);
      ending.abort();
      await following;
    },
  };
}

function read(url: string, patience: number, init: RequestInit = {}): Promise<string> {
  return fetch(url, { ...init, signal: AbortSignal.timeout(patience) }).then(textOf);
}

async function textOf(answer: Response): Promise<string> {
  if (!answer.ok) throw new Error(`The chat server answered ${answer.status}.`);
  return answer.text();
}
