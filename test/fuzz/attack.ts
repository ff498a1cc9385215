/** Decides how fuzzing clients go about it: connect, say a batch, ask whether the server is still listening, begin again. */

import { openRawSocket, type RawSocket } from '../support/raw/websocket.js';
import { encodeFrame } from '../support/raw/websocket-frames.js';
import { createTestToken } from '../support/server.js';
import {
  createHandshakePacket,
  createRandom,
  createWellFormedPacket,
  pickMalformedFrame,
  type Random,
  SEED_PACKETS,
} from './grammar.js';
import { sendOddRequest } from './requests.js';

export type FuzzCounters = {
  /** WebSocket frames written to open connections. */
  frames: number;
  connections: number;
  requests: number;
  /** What was followed neither by an answer nor by the end of its connection. */
  unansweredFrames: string[];
};

const ATTACKER_COUNT = 8;
/** Longest batch between two questions. */
const FRAMES_PER_BATCH = 30;

/** Sends until the score stands at `upTo` frames. What each client says depends on the seed alone. */
export async function runAttack(
  url: string,
  score: FuzzCounters,
  { upTo, seed }: { upTo: number; seed: number },
): Promise<void> {
  await Promise.all(
    Array.from({ length: ATTACKER_COUNT }, async (_, index) => {
      const random = createRandom(seed * ATTACKER_COUNT + index);
      const token = createTestToken(`공격 ${index}`);
      while (score.frames < upTo) {
        if (random.integerBelow(12) === 0) {
          await sendOddRequest(url, random);
          score.requests += 1;
        } else await attackConnection(url, token, random, score);
      }
    }),
  );
}

async function attackConnection(
  url: string,
  token: string,
  random: Random,
  score: FuzzCounters,
): Promise<void> {
  const socket = await openRawSocket(url);
  if (!socket.open) throw new Error(`an upgrade was answered with ${socket.status}`);
  score.connections += 1;
  if (random.integerBelow(8) === 0) socket.sendText(`40${random.pick(SEED_PACKETS)}`);
  else socket.sendText(`40${createHandshakePacket(random, token)}`);
  await socket.waitFor(({ receivedTexts: texts }) => texts.some((text) => text.startsWith('4')));
  let listens = !socket.closed;
  for (let round = random.integerBelow(6); round >= 0 && listens; round -= 1)
    listens = await sendFrames(socket, random, score);
  if (random.integerBelow(3) === 0) socket.sendText(random.pick(['41', '1']));
  socket.resetConnection();
}

/** @returns whether the server still listens on this connection */
async function sendFrames(socket: RawSocket, random: Random, score: FuzzCounters): Promise<boolean> {
  const batch = Array.from({ length: random.integerBelow(FRAMES_PER_BATCH) }, () =>
    encodeFrame(createWellFormedPacket(random)),
  );
  const blow = pickMalformedFrame(random);
  socket.writeBytes(Buffer.concat([...batch, blow.bytes]));
  score.frames += batch.length + 1;
  if (blow.expectsClose) return false;
  const id = 1_000_000 + random.integerBelow(1_000_000);
  socket.sendText(`42${id}["members",{}]`);
  const answered = await socket.waitFor(({ receivedTexts: texts }) =>
    texts.some((text) => text.startsWith(`43${id}[`)),
  );
  if (!answered && !socket.closed)
    score.unansweredFrames.push(blow.bytes.subarray(0, 200).toString('base64'));
  return answered;
}
