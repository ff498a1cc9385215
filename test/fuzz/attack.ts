/** Decides how fuzzing clients go about it: connect, say a batch, ask whether the server is still listening, begin again. */

import { openRaw, type RawSocket } from '../support/raw/websocket.js';
import { frame } from '../support/raw/websocket-frames.js';
import { tokenOf } from '../support/server.js';
import { createRandom, gentle, handshake, harsh, PACKETS, type Random } from './grammar.js';
import { oddRequest } from './requests.js';

export type Score = {
  /** WebSocket frames written to open connections. */
  frames: number;
  connections: number;
  requests: number;
  /** What was followed neither by an answer nor by the end of its connection. */
  unanswered: string[];
};

const ATTACKERS = 8;
/** Longest batch between two questions. */
const BATCH = 30;

/** Sends until the score stands at `upTo` frames. What each client says depends on the seed alone. */
export async function attack(
  url: string,
  score: Score,
  { upTo, seed }: { upTo: number; seed: number },
): Promise<void> {
  await Promise.all(
    Array.from({ length: ATTACKERS }, async (_, index) => {
      const random = createRandom(seed * ATTACKERS + index);
      const token = tokenOf(`공격 ${index}`);
      while (score.frames < upTo) {
        if (random.below(12) === 0) {
          await oddRequest(url, random);
          score.requests += 1;
        } else await visit(url, token, random, score);
      }
    }),
  );
}

async function visit(url: string, token: string, random: Random, score: Score): Promise<void> {
  const socket = await openRaw(url);
  if (!socket.open) throw new Error(`an upgrade was answered with ${socket.status}`);
  score.connections += 1;
  if (random.below(8) === 0) socket.say(`40${random.pick(PACKETS)}`);
  else socket.say(`40${handshake(random, token)}`);
  await socket.when(({ texts }) => texts.some((text) => text.startsWith('4')));
  let listens = !socket.closed;
  for (let round = random.below(6); round >= 0 && listens; round -= 1)
    listens = await say(socket, random, score);
  if (random.below(3) === 0) socket.say(random.pick(['41', '1']));
  socket.reset();
}

/** @returns whether the server still listens on this connection */
async function say(socket: RawSocket, random: Random, score: Score): Promise<boolean> {
  const batch = Array.from({ length: random.below(BATCH) }, () => frame(gentle(random)));
  const blow = harsh(random);
  socket.write(Buffer.concat([...batch, blow.bytes]));
  score.frames += batch.length + 1;
  if (blow.waits) return false;
  const id = 1_000_000 + random.below(1_000_000);
  socket.say(`42${id}["members",{}]`);
  const answered = await socket.when(({ texts }) => texts.some((text) => text.startsWith(`43${id}[`)));
  if (!answered && !socket.closed) score.unanswered.push(blow.bytes.subarray(0, 200).toString('base64'));
  return answered;
}
