/** Reads what a client says on a WebSocket: Engine.IO 4 around Socket.IO 5, each packet a text. */

/** A packet of the main namespace, but for the one that asks for another. `malformed`: nothing that a client may say. */
export type ClientPacket =
  | { type: 'alive' | 'leave' | 'answer' | 'malformed' }
  | { type: 'connect'; auth: unknown }
  | { type: 'wrong namespace'; name: string }
  /** `id` null: no answer was asked for, or under a number that none can be sent under. */
  | { type: 'event'; id: number | null; values: unknown[] };

/** Engine.IO 4: close, pong, message, noop. */
const EIO_CLOSE = '1';
const EIO_PONG = '3';
const EIO_MESSAGE = '4';
const EIO_NOOP = '6';
/** Socket.IO 5: CONNECT, DISCONNECT, EVENT, ACK. */
const SIO_CONNECT = '0';
const SIO_DISCONNECT = '1';
const SIO_EVENT = '2';
const SIO_ACK = '3';
/** What the name of an event may be. */
const EVENT_NAME_TYPES = ['string', 'number'];

const [KEEPALIVE_PACKET, DISCONNECT_PACKET, ACK_PACKET, MALFORMED_PACKET] = (
  ['alive', 'leave', 'answer', 'malformed'] as const
).map((type) => Object.freeze({ type })) as [ClientPacket, ClientPacket, ClientPacket, ClientPacket];

export function parsePacket(text: string): ClientPacket {
  switch (text[0]) {
    case EIO_PONG:
    case EIO_NOOP:
      return KEEPALIVE_PACKET;
    case EIO_CLOSE:
      return DISCONNECT_PACKET;
    case EIO_MESSAGE:
      return text[2] === '/' ? parseNamespaced(text) : parseMessage(text);
    default:
      return MALFORMED_PACKET;
  }
}

function parseMessage(text: string): ClientPacket {
  switch (text[1]) {
    case SIO_CONNECT:
      return parseConnect(text);
    case SIO_DISCONNECT:
      return text.length === 2 ? DISCONNECT_PACKET : MALFORMED_PACKET;
    case SIO_EVENT:
      return parseEvent(text);
    case SIO_ACK:
      return parseAck(text);
    default:
      return MALFORMED_PACKET;
  }
}

/** The main namespace may be said by its name, "/". There is no other: it may be asked for, and nothing can be said in it. */
function parseNamespaced(text: string): ClientPacket {
  const comma = text.indexOf(',');
  const end = comma < 0 ? text.length : comma;
  const name = text.slice(2, end);
  if (name === '/') return parseMessage(text.slice(0, 2) + text.slice(end + 1));
  return text[1] === SIO_CONNECT ? { type: 'wrong namespace', name } : MALFORMED_PACKET;
}

function parseConnect(text: string): ClientPacket {
  if (text.length === 2) return { type: 'connect', auth: undefined };
  const auth = parseJsonFrom(text, 2);
  return typeof auth === 'object' && auth !== null && !Array.isArray(auth)
    ? { type: 'connect', auth }
    : MALFORMED_PACKET;
}

function parseAck(text: string): ClientPacket {
  const digitsEnd = endOfDigits(text);
  return digitsEnd === text.length || Array.isArray(parseJsonFrom(text, digitsEnd))
    ? ACK_PACKET
    : MALFORMED_PACKET;
}

function parseEvent(text: string): ClientPacket {
  const digitsEnd = endOfDigits(text);
  const values = parseJsonFrom(text, digitsEnd);
  if (!Array.isArray(values) || !EVENT_NAME_TYPES.includes(typeof values[0])) return MALFORMED_PACKET;
  const id = digitsEnd > 2 ? Number(text.slice(2, digitsEnd)) : null;
  return { type: 'event', id: Number.isSafeInteger(id) ? id : null, values };
}

function parseJsonFrom(text: string, from: number): unknown {
  try {
    return JSON.parse(text.slice(from));
  } catch {
    return undefined;
  }
}

/** Where the number of a message ends that has one. */
function endOfDigits(text: string): number {
  let index = 2;
  while (isDigit(text.charCodeAt(index))) index += 1;
  return index;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
