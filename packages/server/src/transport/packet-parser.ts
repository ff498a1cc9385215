/** Reads what a client says on a WebSocket: Engine.IO 4 around Socket.IO 5, each packet a text. */

/** A packet of the main namespace, but for the one that asks for another. `malformed`: nothing that a client may say. */
export type ClientPacket =
  | { type: 'alive' | 'leave' | 'answer' | 'malformed' }
  | { type: 'connect'; auth: unknown }
  | { type: 'wrong namespace'; name: string }
  /** `id` null: no answer was asked for, or under a number that none can be sent under. */
  | { type: 'event'; id: number | null; values: unknown[] };

/** Engine.IO 4: close, pong, message, noop. */
const CLOSE = '1';
const PONG = '3';
const MESSAGE = '4';
const NOOP = '6';
/** Socket.IO 5: CONNECT, DISCONNECT, EVENT, ACK. */
const CONNECT = '0';
const DISCONNECT = '1';
const EVENT = '2';
const ACK = '3';
/** What the name of an event may be. */
const NAMES = ['string', 'number'];

const [ALIVE, LEAVE, ANSWER, MALFORMED] = (['alive', 'leave', 'answer', 'malformed'] as const).map((type) =>
  Object.freeze({ type }),
) as [ClientPacket, ClientPacket, ClientPacket, ClientPacket];

export function readPacket(text: string): ClientPacket {
  switch (text[0]) {
    case PONG:
    case NOOP:
      return ALIVE;
    case CLOSE:
      return LEAVE;
    case MESSAGE:
      return text[2] === '/' ? readNamed(text) : readMessage(text);
    default:
      return MALFORMED;
  }
}

function readMessage(text: string): ClientPacket {
  switch (text[1]) {
    case CONNECT:
      return readConnect(text);
    case DISCONNECT:
      return text.length === 2 ? LEAVE : MALFORMED;
    case EVENT:
      return readEvent(text);
    case ACK:
      return readAnswer(text);
    default:
      return MALFORMED;
  }
}

/** The main namespace may be said by its name, "/". There is no other: it may be asked for, and nothing can be said in it. */
function readNamed(text: string): ClientPacket {
  const comma = text.indexOf(',');
  const end = comma < 0 ? text.length : comma;
  const name = text.slice(2, end);
  if (name === '/') return readMessage(text.slice(0, 2) + text.slice(end + 1));
  return text[1] === CONNECT ? { type: 'wrong namespace', name } : MALFORMED;
}

function readConnect(text: string): ClientPacket {
  if (text.length === 2) return { type: 'connect', auth: undefined };
  const auth = parse(text, 2);
  return typeof auth === 'object' && auth !== null && !Array.isArray(auth)
    ? { type: 'connect', auth }
    : MALFORMED;
}

function readAnswer(text: string): ClientPacket {
  const at = afterDigits(text);
  return at === text.length || Array.isArray(parse(text, at)) ? ANSWER : MALFORMED;
}

function readEvent(text: string): ClientPacket {
  const at = afterDigits(text);
  const values = parse(text, at);
  if (!Array.isArray(values) || !NAMES.includes(typeof values[0])) return MALFORMED;
  const id = at > 2 ? Number(text.slice(2, at)) : null;
  return { type: 'event', id: Number.isSafeInteger(id) ? id : null, values };
}

function parse(text: string, from: number): unknown {
  try {
    return JSON.parse(text.slice(from));
  } catch {
    return undefined;
  }
}

/** Where the number of a message ends that has one. */
function afterDigits(text: string): number {
  let at = 2;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
