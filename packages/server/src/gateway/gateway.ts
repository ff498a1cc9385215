/** The one door for everything a socket says after its handshake: access, limit, form, run, answer. */

import type { ChangeAnswer, ClientEvents } from '@chatty/protocol';
import {
  createRefusal,
  isWithinDepth,
  type Refusal,
  type Validated,
  validateDelete,
  validateEdit,
  validateHistory,
  validateLift,
  validateMembers,
  validateReact,
  validateRefresh,
  validateRules,
  validateSanction,
  validateSend,
  validateSync,
  validateTyping,
} from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { RefusalLog } from '../auth/rejection-log.js';
import type { Freshness } from '../cluster/change-poller.js';
import type { ChatSocket } from '../connections/client-socket.js';
import type { SendQueue } from '../connections/send-queue.js';
import type { RateLimit, RateLimits } from '../limits/rate-limits.js';
import type { Messages } from '../messages/messages.js';
import type { RoomPermissions } from '../messages/permissions.js';
import type { Moderation } from '../moderation/moderation.js';
import type { ActingModerator } from '../moderation/ranks.js';
import { rankOf } from '../moderation/ranks.js';
import type { Rooms } from '../rooms/rooms.js';
import type { Log } from '../runtime/logger.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';
import { UnavailableError } from '../runtime/unavailable-error.js';
import type { SanctionKind } from '../store/moderation-store.js';
import { createFairScheduler } from './fair-scheduler.js';
import { type Handshake, identityOf } from './handshake.js';
import type { Sessions } from './sessions.js';

type RefusedAnswer = { ok: false } & Refusal;
type AnswerOf<Name extends keyof ClientEvents> = ClientEvents[Name] extends (
  payload: never,
  ack?: (answer: infer Answer) => void,
) => void
  ? Answer
  : never;
/** What a command needs before it may run. The table below does not compile while an event of the protocol lacks its row. */
type CommandDefinition<Value, Reply> = {
  check(payload: unknown): Validated<Value>;
  access: Access;
  limit: RateLimit;
  run(member: VerifiedMember, value: Value, socket: ChatSocket): Promise<Reply>;
};
type CommandHandler<Reply> = (
  socket: ChatSocket,
  packet: EventPacket,
) => Promise<Reply | RefusedAnswer> | RefusedAnswer;
type Answer = { ok: true } | RefusedAnswer;
export type Ack = (answer: Answer) => void;

/** An event as it came: whatever somebody calls it, and what stands behind its name. */
export type EventPacket = {
  event: unknown;
  values: readonly unknown[];
  /** Of the packet, in characters. */
  size: number;
};

/** What the ways in share, whichever a connection comes by. */
export type Gateway = {
  authenticate: Handshake['authenticate'];
  /** Of whom `admit` let in: what the room has to say follows on the way out that this returns. */
  join(socket: ChatSocket): SendQueue;
  /** Resolves when it was answered; never throws, nor rejects. @param ack null: no answer was asked for */
  dispatch(socket: ChatSocket, packet: EventPacket, ack: Ack | null): Promise<void>;
  /** Answers a command that is not worked on, because too many of its connection wait already. */
  refuseOverflow(socket: ChatSocket, event: unknown, ack: Ack | null): void;
};

const INVALID_PAYLOAD = { ok: false, code: 'invalid' } as const;

/** `own`: what concerns oneself, which no rule of the room takes from a member. `moderate`: what is done to others. */
type Access = 'read' | 'own' | 'write' | 'moderate';
/** Why somebody may not do something; null: may. */
type AccessChecks = { readonly [What in Access]: (member: VerifiedMember) => Refusal | null };

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
  const {
    handshake,
    rooms,
    sessions,
    permissions,
    messages,
    moderation,
    rateLimits,
    refusalLog,
    freshness,
    log,
  } = options;

  const requireLogin = ({ role }: VerifiedMember) =>
    role === 'guest' ? createRefusal('login_required') : null;
  const accessChecks: AccessChecks = {
    read: permissions.checkRead,
    own: requireLogin,
    write: permissions.checkWrite,
    moderate: (member) =>
      requireLogin(member) ??
      (rankOf(permissions.effectiveRoleOf(member)) > 0 ? null : createRefusal('forbidden')),
  };
  const actingModeratorOf = (member: VerifiedMember): ActingModerator => ({
    project: member.projectId,
    room: member.room,
    actor: { kind: 'member', id: member.userId, name: member.username },
    rank: rankOf(permissions.effectiveRoleOf(member)),
  });

  function defineCommand<Value, Reply>(command: CommandDefinition<Value, Reply>): CommandHandler<Reply> {
    const checkAccess = accessChecks[command.access];
    return (socket, { values, size }) => {
      const { member } = socket.data;
      // Whoever may not, learns that and not when to try again in vain; it has been paid for all the same.
      const accessRefusal = checkAccess(member);
      const retryAfterMs = command.limit.take(socket, size);
      if (accessRefusal) return refusedAnswer(accessRefusal);
      if (retryAfterMs > 0) return refusedAnswer(createRefusal('rate_limited', retryAfterMs));
      const checked =
        values.length === 1 && isWithinDepth(values) ? command.check(values[0]) : INVALID_PAYLOAD;
      if (!checked.ok) return refusedAnswer(createRefusal(checked.code));
      const projectRetryAfterMs = command.limit.takeFromProject(member.projectId);
      if (projectRetryAfterMs > 0) return refusedAnswer(createRefusal('rate_limited', projectRetryAfterMs));
      const run = () => command.run(socket.data.member, checked.value, socket);
      const isFresh = command.access === 'read' || freshness.whenFresh();
      return isFresh === true ? run() : runWhenFresh(isFresh, () => checkAccess(socket.data.member), run);
    };
  }

  /** After a loss of the database nobody is heard before it is known who may be (R14). */
  async function runWhenFresh<Reply>(
    isFresh: MaybePromise<boolean>,
    checkAccess: () => Refusal | null,
    run: () => Promise<Reply>,
  ): Promise<Reply | RefusedAnswer> {
    const accessRefusal = (await isFresh) ? checkAccess() : createRefusal('unavailable');
    return accessRefusal ? refusedAnswer(accessRefusal) : run();
  }

  /** What nobody knows is paid for like a question. */
  function handleUnknownEvent(socket: ChatSocket, { size }: EventPacket): RefusedAnswer {
    const retryAfterMs = rateLimits.memoryRead.take(socket, size);
    return refusedAnswer(
      retryAfterMs > 0 ? createRefusal('rate_limited', retryAfterMs) : createRefusal('invalid'),
    );
  }

  const sanctionCommand = (kind: SanctionKind) =>
    defineCommand({
      check: validateSanction,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, request) => moderation.sanction(actingModeratorOf(member), kind, request),
    });
  const liftCommand = (kind: 'mute' | 'ban') =>
    defineCommand({
      check: validateLift,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, { userId }) => moderation.lift(actingModeratorOf(member), kind, userId),
    });

  /** Of what is not their own a moderator's is an act upon another, and written down as such. */
  async function deleteMessage(member: VerifiedMember, { id }: { id: number }): Promise<ChangeAnswer> {
    const answer = await messages.remove(member, { id });
    const isOthersMessage =
      !answer.ok && answer.code === 'forbidden' && accessChecks.moderate(member) === null;
    return isOthersMessage ? moderation.deleteMessage(actingModeratorOf(member), id, null) : answer;
  }

  const commands: { [Name in keyof ClientEvents]: CommandHandler<AnswerOf<Name>> } = {
    // What may be written `send` looks at itself: what was stored before is answered as stored, whatever holds now.
    'chat message': defineCommand({
      check: validateSend,
      access: 'own',
      limit: rateLimits.send,
      run: messages.send,
    }),
    'edit message': defineCommand({
      check: validateEdit,
      access: 'write',
      limit: rateLimits.send,
      run: messages.edit,
    }),
    'delete message': defineCommand({
      check: validateDelete,
      access: 'own',
      limit: rateLimits.moderate,
      run: deleteMessage,
    }),
    react: defineCommand({
      check: validateReact,
      access: 'write',
      limit: rateLimits.send,
      run: messages.react,
    }),
    history: defineCommand({
      check: validateHistory,
      access: 'read',
      limit: rateLimits.databaseRead,
      run: (member, { before, limit }) => rooms.history(member, before, limit),
    }),
    sync: defineCommand({
      check: validateSync,
      access: 'read',
      limit: rateLimits.memoryRead,
      run: (member, { after }) => rooms.sync(member, after),
    }),
    members: defineCommand({
      check: validateMembers,
      access: 'read',
      limit: rateLimits.memoryRead,
      run: (member, { limit }) => rooms.members(member, limit),
    }),
    typing: defineCommand({
      check: validateTyping,
      access: 'write',
      limit: rateLimits.memoryRead,
      run: rooms.typing,
    }),
    'auth refresh': defineCommand({
      check: validateRefresh,
      access: 'own',
      limit: rateLimits.memoryRead,
      run: handshake.refresh,
    }),
    'mute member': sanctionCommand('mute'),
    'unmute member': liftCommand('mute'),
    'ban member': sanctionCommand('ban'),
    'unban member': liftCommand('ban'),
    'kick member': sanctionCommand('kick'),
    'set rules': defineCommand({
      check: validateRules,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, { rules }) => moderation.setRules(actingModeratorOf(member), rules),
    }),
  };
  const handlerByEvent = new Map<string, CommandHandler<Answer>>(Object.entries(commands));
  const fairScheduler = createFairScheduler();

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
    if (!answer.ok && command) recordRefusal(socket, event as string, answer);
    reply(socket, event, answer, ack);
  }

  function recordRefusal(socket: ChatSocket, event: string, { code }: Refusal): void {
    const { member, address } = socket.data;
    refusalLog.record({ ...identityOf(member), event, code, reason: '', origin: null, address });
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

function refusedAnswer(refused: Refusal): RefusedAnswer {
  return { ok: false, ...refused };
}
