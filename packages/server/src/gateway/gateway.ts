/** The one door for everything a socket says after its handshake: access, limit, form, run, answer. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import type { ChangeAnswer, ClientEvents } from '@chatty/protocol/events';
import {
  type Checked,
  checkDelete,
  checkEdit,
  checkHistory,
  checkLift,
  checkMembers,
  checkReact,
  checkRefresh,
  checkRules,
  checkSanction,
  checkSend,
  checkSync,
  checkTyping,
  isShallow,
} from '@chatty/protocol/validate';
import type { VerifiedMember } from '../auth/auth.js';
import type { Refusals } from '../auth/rejection-log.js';
import type { Freshness } from '../cluster/change-poller.js';
import type { ChatSocket } from '../connections/client-socket.js';
import type { Outlet } from '../connections/send-queue.js';
import type { Share, Shares } from '../limits/rate-limits.js';
import type { Messages } from '../messages/messages.js';
import type { Conduct } from '../messages/permissions.js';
import type { Acting, Moderation } from '../moderation/moderation.js';
import { rankOf } from '../moderation/ranks.js';
import type { Rooms } from '../rooms/rooms.js';
import type { Log } from '../runtime/logger.js';
import type { AtOnce } from '../runtime/maybe-promise.js';
import type { SanctionKind } from '../store/moderation-store.js';
import { Unavailable } from '../store/store.js';
import { createEventTurns } from './fair-scheduler.js';
import { aboutMember, type Handshakes } from './handshake.js';
import type { Sessions } from './sessions.js';

type No = { ok: false } & Refusal;
type AnswerTo<Name extends keyof ClientEvents> = ClientEvents[Name] extends (
  payload: never,
  ack?: (answer: infer Answer) => void,
) => void
  ? Answer
  : never;
/** What a command needs before it may run. The table below does not compile while an event of the protocol lacks its row. */
type Command<Value, Reply> = {
  check(payload: unknown): Checked<Value>;
  access: Right;
  limit: Share;
  run(member: VerifiedMember, value: Value, socket: ChatSocket): Promise<Reply>;
};
type Prepared<Reply> = (socket: ChatSocket, packet: EventPacket) => Promise<Reply | No> | No;
type Answer = { ok: true } | No;
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
  admit: Handshakes['admit'];
  /** Of whom `admit` let in: what the room has to say follows on the way out that this returns. */
  enter(socket: ChatSocket): Outlet;
  /** Resolves when it was answered; never throws, nor rejects. @param ack null: no answer was asked for */
  hear(socket: ChatSocket, packet: EventPacket, ack: Ack | null): Promise<void>;
  /** Answers a command that is not worked on, because too many of its connection wait already. */
  refuse(socket: ChatSocket, event: unknown, ack: Ack | null): void;
};

const MALFORMED = { ok: false, code: 'invalid' } as const;

/** `own`: what concerns oneself, which no rule of the room takes from a member. `moderate`: what is done to others. */
type Right = 'read' | 'own' | 'write' | 'moderate';
/** Why somebody may not do something; null: may. */
type Rights = { readonly [What in Right]: (member: VerifiedMember) => Refusal | null };

/** When a client that asks for more than it reads may ask again. */
const QUEUE_PAUSE_MS = 1_000;

export function createGateway(options: {
  handshake: Handshakes;
  rooms: Rooms;
  sessions: Sessions;
  conduct: Conduct;
  messages: Messages;
  moderation: Moderation;
  shares: Shares;
  refusals: Refusals;
  freshness: Freshness;
  log: Log;
}): Gateway {
  const { handshake, rooms, sessions, conduct, messages, moderation, shares, refusals, freshness, log } =
    options;

  const own = ({ role }: VerifiedMember) => (role === 'guest' ? refusal('login_required') : null);
  const rights: Rights = {
    read: conduct.reading,
    own,
    write: conduct.writing,
    moderate: (member) => own(member) ?? (rankOf(conduct.roleOf(member)) > 0 ? null : refusal('forbidden')),
  };
  const actingOf = (member: VerifiedMember): Acting => ({
    project: member.projectId,
    room: member.room,
    actor: { kind: 'member', id: member.userId, name: member.username },
    rank: rankOf(conduct.roleOf(member)),
  });

  function prepare<Value, Reply>(command: Command<Value, Reply>): Prepared<Reply> {
    const refused = rights[command.access];
    return (socket, { values, size }) => {
      const { member } = socket.data;
      // Whoever may not, learns that and not when to try again in vain; it has been paid for all the same.
      const denied = refused(member);
      const wait = command.limit.take(socket, size);
      if (denied) return no(denied);
      if (wait > 0) return no(refusal('rate_limited', wait));
      const checked = values.length === 1 && isShallow(values) ? command.check(values[0]) : MALFORMED;
      if (!checked.ok) return no(refusal(checked.code));
      const crowded = command.limit.takeOfProject(member.projectId);
      if (crowded > 0) return no(refusal('rate_limited', crowded));
      const run = () => command.run(socket.data.member, checked.value, socket);
      const fresh = command.access === 'read' || freshness.whenFresh();
      return fresh === true ? run() : whenKnown(fresh, () => refused(socket.data.member), run);
    };
  }

  /** After a loss of the database nobody is heard before it is known who may be (R14). */
  async function whenKnown<Reply>(
    fresh: AtOnce<boolean>,
    refused: () => Refusal | null,
    run: () => Promise<Reply>,
  ): Promise<Reply | No> {
    const denied = (await fresh) ? refused() : refusal('unavailable');
    return denied ? no(denied) : run();
  }

  /** What nobody knows is paid for like a question. */
  function unknown(socket: ChatSocket, { size }: EventPacket): No {
    const wait = shares.read.take(socket, size);
    return no(wait > 0 ? refusal('rate_limited', wait) : refusal('invalid'));
  }

  const sanctioning = (kind: SanctionKind) =>
    prepare({
      check: checkSanction,
      access: 'moderate',
      limit: shares.act,
      run: (member, given) => moderation.sanction(actingOf(member), kind, given),
    });
  const lifting = (kind: 'mute' | 'ban') =>
    prepare({
      check: checkLift,
      access: 'moderate',
      limit: shares.act,
      run: (member, { userId }) => moderation.lift(actingOf(member), kind, userId),
    });

  /** Of what is not their own a moderator's is an act upon another, and written down as such. */
  async function remove(member: VerifiedMember, { id }: { id: number }): Promise<ChangeAnswer> {
    const answer = await messages.remove(member, { id });
    const others = !answer.ok && answer.code === 'forbidden' && rights.moderate(member) === null;
    return others ? moderation.remove(actingOf(member), id, null) : answer;
  }

  const commands: { [Name in keyof ClientEvents]: Prepared<AnswerTo<Name>> } = {
    // What may be written `send` looks at itself: what was stored before is answered as stored, whatever holds now.
    'chat message': prepare({ check: checkSend, access: 'own', limit: shares.send, run: messages.send }),
    'edit message': prepare({ check: checkEdit, access: 'write', limit: shares.send, run: messages.edit }),
    'delete message': prepare({ check: checkDelete, access: 'own', limit: shares.act, run: remove }),
    react: prepare({ check: checkReact, access: 'write', limit: shares.send, run: messages.react }),
    history: prepare({
      check: checkHistory,
      access: 'read',
      limit: shares.page,
      run: (member, { before, limit }) => rooms.history(member, before, limit),
    }),
    sync: prepare({
      check: checkSync,
      access: 'read',
      limit: shares.read,
      run: (member, { after }) => rooms.sync(member, after),
    }),
    members: prepare({
      check: checkMembers,
      access: 'read',
      limit: shares.read,
      run: (member, { limit }) => rooms.members(member, limit),
    }),
    typing: prepare({ check: checkTyping, access: 'write', limit: shares.read, run: rooms.typing }),
    'auth refresh': prepare({
      check: checkRefresh,
      access: 'own',
      limit: shares.read,
      run: handshake.refresh,
    }),
    'mute member': sanctioning('mute'),
    'unmute member': lifting('mute'),
    'ban member': sanctioning('ban'),
    'unban member': lifting('ban'),
    'kick member': sanctioning('kick'),
    'set rules': prepare({
      check: checkRules,
      access: 'moderate',
      limit: shares.act,
      run: (member, { rules }) => moderation.setRules(actingOf(member), rules),
    }),
  };
  const table = new Map<string, Prepared<Answer>>(Object.entries(commands));
  const turns = createEventTurns();

  async function handle(socket: ChatSocket, packet: EventPacket, ack: Ack | null): Promise<void> {
    const { event } = packet;
    const command = typeof event === 'string' ? table.get(event) : undefined;
    let answer: Answer;
    try {
      answer = await (command ?? unknown)(socket, packet);
    } catch (error) {
      if (!(error instanceof Unavailable)) log.error({ err: error, event }, 'a command failed');
      answer = no(refusal('unavailable'));
    }
    if (!answer.ok && command) note(socket, event as string, answer);
    reply(socket, event, answer, ack);
  }

  function note(socket: ChatSocket, event: string, { code }: Refusal): void {
    const { member, address } = socket.data;
    refusals.note({ ...aboutMember(member), event, code, reason: '', origin: null, address });
  }

  function reply(socket: ChatSocket, event: unknown, answer: Answer, ack: Ack | null): void {
    if (ack) ack(answer);
    else if (!answer.ok && table.has(event as string)) {
      const { ok: _, ...reason } = answer;
      socket.emit('refused', { event: event as string, ...reason });
    }
  }

  return {
    admit: handshake.admit,
    enter(socket) {
      const outlet = rooms.join(socket);
      sessions.add(socket, outlet);
      return outlet;
    },
    hear: (socket, packet, ack) =>
      new Promise((resolve) => {
        turns.run(socket, () => void handle(socket, packet, ack).then(resolve));
      }),
    refuse: (socket, event, ack) => reply(socket, event, no(refusal('rate_limited', QUEUE_PAUSE_MS)), ack),
  };
}

function no(refused: Refusal): No {
  return { ok: false, ...refused };
}
