/** What a command is: its check, access, limit and work, and the handler that is made of them. */

import {
  type ClientEvents,
  createRefusal,
  isWithinDepth,
  type Refusal,
  type Validated,
} from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { Freshness } from '../cluster/change-poller.js';
import type { ChatSocket } from '../connections/client-socket.js';
import type { RateLimit } from '../limits/rate-limits.js';
import type { MaybePromise } from '../runtime/maybe-promise.js';

export type RefusedAnswer = { ok: false } & Refusal;
export type Answer = { ok: true } | RefusedAnswer;
export type AnswerOf<Name extends keyof ClientEvents> = ClientEvents[Name] extends (
  payload: never,
  ack?: (answer: infer Reply) => void,
) => void
  ? Reply
  : never;

/** An event as the client sent it: any name, any values. */
export type EventPacket = {
  event: unknown;
  values: readonly unknown[];
  /** Length of the packet, in characters. */
  size: number;
};

/** `own`: about the member's own data; no room rule forbids it. `moderate`: acts on other members. */
export type Access = 'read' | 'own' | 'write' | 'moderate';
/** Each returns why the member may not, or null. */
export type AccessChecks = { readonly [What in Access]: (member: VerifiedMember) => Refusal | null };

type CommandDefinition<Value, Reply> = {
  check(payload: unknown): Validated<Value>;
  access: Access;
  /** A retry of a stored command is answered as stored, even if the member has lost its access since: `run` checks the access. */
  answersRetries?: true;
  limit: RateLimit;
  run(member: VerifiedMember, value: Value, socket: ChatSocket): Promise<Reply>;
};
export type CommandHandler<Reply> = (
  socket: ChatSocket,
  packet: EventPacket,
) => Promise<Reply | RefusedAnswer> | RefusedAnswer;
export type DefineCommand = <Value, Reply>(command: CommandDefinition<Value, Reply>) => CommandHandler<Reply>;

const INVALID_PAYLOAD = { ok: false, code: 'invalid' } as const;

export function createCommandFactory(accessChecks: AccessChecks, freshness: Freshness): DefineCommand {
  return (command) => {
    const checkAccess = accessChecks[command.answersRetries ? 'own' : command.access];
    return (socket, { values, size }) => {
      const { member } = socket.data;
      const accessRefusal = checkAccess(member);
      // Charged even if access is refused, so that refused commands cannot be repeated without limit.
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
  };
}

/** After the database was lost, no command runs until bans and roles are known again (R14). */
async function runWhenFresh<Reply>(
  isFresh: MaybePromise<boolean>,
  checkAccess: () => Refusal | null,
  run: () => Promise<Reply>,
): Promise<Reply | RefusedAnswer> {
  const accessRefusal = (await isFresh) ? checkAccess() : createRefusal('unavailable');
  return accessRefusal ? refusedAnswer(accessRefusal) : run();
}

export function refusedAnswer(refusal: Refusal): RefusedAnswer {
  return { ok: false, ...refusal };
}
