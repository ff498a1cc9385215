/** The entry for every event of a socket after its handshake: finds the command, runs it in turn, answers. */

import { createRefusal, type Refusal } from '@chatty/protocol';
import type { RefusalLog } from '../auth/rejection-log.js';
import type { Freshness } from '../cluster/change-poller.js';
import type { ChatSocket } from '../connections/client-socket.js';
import type { SendQueue } from '../connections/send-queue.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Messages } from '../messages/messages.js';
import type { RoomPermissions } from '../messages/permissions.js';
import type { Moderation } from '../moderation/moderation.js';
import type { Rooms } from '../rooms/rooms.js';
import type { Log } from '../runtime/logger.js';
import { UnavailableError } from '../runtime/unavailable-error.js';
import {
  type Answer,
  type CommandHandler,
  type EventPacket,
  type RefusedAnswer,
  refusedAnswer,
} from './command.js';
import { createCommands } from './commands.js';
import { createFairScheduler } from './fair-scheduler.js';
import { type Handshake, identityOf } from './handshake.js';
import type { Sessions } from './sessions.js';

export type Ack = (answer: Answer) => void;

/** What the transports use, whichever a connection comes by. */
export type Gateway = {
  authenticate: Handshake['authenticate'];
  /** For a socket that `authenticate` admitted. What the room sends goes through the returned queue. */
  join(socket: ChatSocket): SendQueue;
  /** Resolves when it was answered; never rejects. @param ack null: no answer was asked for */
  dispatch(socket: ChatSocket, packet: EventPacket, ack: Ack | null): Promise<void>;
  /** Refuses a command because too many of its connection are queued. */
  refuseOverflow(socket: ChatSocket, event: unknown, ack: Ack | null): void;
};

/** When a client that asks for more than it reads may ask again. */
const OVERFLOW_RETRY_MS = 1_000;

export function createGateway(options: {
  handshake: Handshake;
  rooms: Rooms;
  sessions: Sessions;
  permissions: RoomPermissions;
  messages: Messages;
  moderation: Moderation;
  rateLimits: RateLimits;
  refusalLog: RefusalLog;
  freshness: Freshness;
  log: Log;
}): Gateway {
  const { handshake, rooms, sessions, rateLimits, refusalLog, log } = options;
  const handlerByEvent = new Map<string, CommandHandler<Answer>>(Object.entries(createCommands(options)));
  const fairScheduler = createFairScheduler();

  /** An unknown event costs as much as a question. */
  function handleUnknownEvent(socket: ChatSocket, { size }: EventPacket): RefusedAnswer {
    const retryAfterMs = rateLimits.memoryRead.take(socket, size);
    return refusedAnswer(
      retryAfterMs > 0 ? createRefusal('rate_limited', retryAfterMs) : createRefusal('invalid'),
    );
  }

  async function handleEvent(socket: ChatSocket, packet: EventPacket, ack: Ack | null): Promise<void> {
    const { event } = packet;
    const command = typeof event === 'string' ? handlerByEvent.get(event) : undefined;
    let answer: Answer;
    try {
      answer = await (command ?? handleUnknownEvent)(socket, packet);
    } catch (error) {
      if (!(error instanceof UnavailableError)) log.error({ err: error, event }, 'a command failed');
      answer = refusedAnswer(createRefusal('unavailable'));
    }
    if (!answer.ok && command) recordRefusal(refusalLog, socket, event as string, answer);
    reply(socket, event, answer, ack);
  }

  function reply(socket: ChatSocket, event: unknown, answer: Answer, ack: Ack | null): void {
    if (ack) ack(answer);
    else if (!answer.ok && handlerByEvent.has(event as string)) {
      const { ok: _, ...reason } = answer;
      socket.emit('refused', { event: event as string, ...reason });
    }
  }

  return {
    authenticate: handshake.authenticate,
    join(socket) {
      const sendQueue = rooms.join(socket);
      sessions.add(socket, sendQueue);
      return sendQueue;
    },
    dispatch: (socket, packet, ack) =>
      new Promise((resolve) => {
        fairScheduler.run(socket, () => void handleEvent(socket, packet, ack).then(resolve));
      }),
    refuseOverflow: (socket, event, ack) =>
      reply(socket, event, refusedAnswer(createRefusal('rate_limited', OVERFLOW_RETRY_MS)), ack),
  };
}

function recordRefusal(refusalLog: RefusalLog, socket: ChatSocket, event: string, { code }: Refusal): void {
  const { member, address } = socket.data;
  refusalLog.record({ ...identityOf(member), event, code, reason: '', origin: null, address });
}
