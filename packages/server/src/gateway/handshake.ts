/** Decides who gets in: the token of a handshake, and the newer one that takes its place on the same connection. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import { AUTHENTICATION_ERROR, type RefreshAnswer, type RefreshPayload } from '@chatty/protocol/events';
import { readReadUpTo } from '@chatty/protocol/validate';
import type { About, Auth, Verdict, VerifiedMember } from '../auth/auth.js';
import type { Refusals } from '../auth/rejection-log.js';
import type { Freshness } from '../cluster/change-poller.js';
import type { ChatSocket, Introduction } from '../connections/client-socket.js';
import type { Gate } from '../limits/connection-limits.js';
import type { Penalties } from '../limits/cooldowns.js';
import type { Shares } from '../limits/rate-limits.js';
import type { Conduct } from '../messages/permissions.js';
import type { Log } from '../runtime/logger.js';
import { type AtOnce, andThen } from '../runtime/maybe-promise.js';
import { end } from './sessions.js';

/** Why somebody is not let in, as Socket.IO's CONNECT_ERROR says it: `data` is for programs. */
export type Denial = { message: string; data: Refusal };

export type Handshakes = {
  /** Looks at what a connection says of itself; null: it may come in, and its `data` is set. Never throws, nor rejects. */
  admit(socket: ChatSocket, introduction: Introduction): AtOnce<Denial | null>;
  /** A newer token of the same person, on the same connection; anybody else's ends it. */
  refresh(member: VerifiedMember, payload: RefreshPayload, socket: ChatSocket): Promise<RefreshAnswer>;
};

/** When whoever found no place may look again, in milliseconds: a connection whose end was not noticed is gone by then or soon after. */
const FULL = 15_000;
const TOO_MUCH = 'Too many requests';
/** Whether they may come in cannot be told at the moment (R14). */
const UNKNOWN: Denial = { message: 'Service unavailable', data: refusal('unavailable') };

export function createHandshakes(options: {
  auth: Auth;
  conduct: Conduct;
  gate: Gate;
  penalties: Penalties;
  shares: Shares;
  refusals: Refusals;
  freshness: Freshness;
  log: Log;
}): Handshakes {
  const { auth, conduct, gate, penalties, shares, refusals, freshness, log } = options;

  /** What no honest host signs. A token that has expired was good once. */
  function judge(verdict: Verdict, address: string | null): void {
    if (verdict.ok) return;
    const { code } = verdict.refused;
    if (code === 'token_invalid' || code === 'token_claims') gate.forged(address);
  }

  /** The connection ends once it has been told: whoever is refused for asking too much cannot go on asking on it. */
  function tooMuch(socket: ChatSocket, retryAfter: number): Denial {
    setImmediate(() => socket.conn.close(false));
    return denial(refusal('rate_limited', retryAfter), TOO_MUCH);
  }

  function verify(socket: ChatSocket, introduction: Introduction): AtOnce<Denial | null> {
    const { origin, address } = introduction;
    const { token, projectId: project, room } = (introduction.auth ?? {}) as Record<string, unknown>;
    const blocked = gate.wait(address);
    if (blocked > 0) return tooMuch(socket, blocked);
    const verdict = auth.verify({ token, project, room, origin });
    return andThen(verdict, (found) => seat(socket, introduction, found));
  }

  function seat(socket: ChatSocket, introduction: Introduction, verdict: Verdict): Denial | null {
    const { origin, address } = introduction;
    const { batch, after } = (introduction.auth ?? {}) as Record<string, unknown>;
    judge(verdict, address);
    const note = (about: About, { code }: Refusal, reason: string) =>
      refusals.note({ ...about, event: 'connection', code, reason, origin: origin ?? null, address });
    if (!verdict.ok) {
      const { reason, about } = verdict;
      log.info({ code: verdict.refused.code, reason, origin }, 'a token was refused');
      note(about, verdict.refused, reason);
      return denial(verdict.refused, AUTHENTICATION_ERROR);
    }
    // Meanwhile a key may have been fetched from far away.
    if (!freshness.isFresh()) return UNKNOWN;
    const { member } = verdict;
    const unread = conduct.reading(member);
    if (unread) {
      note(aboutMember(member), unread, 'the rules of the room');
      return denial(unread, AUTHENTICATION_ERROR);
    }
    // Guests are nobody, so each connection has its own share. A project id holds no space.
    const guest = member.role === 'guest';
    const key = guest ? `guest ${socket.id}` : `${member.projectId}/${member.userId}`;
    const wait = guest ? 0 : penalties.wait(key) || shares.join(key);
    if (wait > 0 || !gate.seat(socket.conn, { project: member.projectId, key: guest ? null : key })) {
      note(
        aboutMember(member),
        refusal('rate_limited'),
        wait > 0 ? 'asked for too much' : 'too many connections',
      );
      return tooMuch(socket, wait || FULL);
    }
    socket.data = { member, key, address, batch: batch === true, after: readReadUpTo(after) };
    return null;
  }

  function failed(error: unknown): Denial {
    log.error({ reason: String(error) }, 'a handshake failed');
    return UNKNOWN;
  }

  return {
    admit(socket, introduction) {
      try {
        const answer = andThen(freshness.whenFresh(), (fresh) =>
          fresh ? verify(socket, introduction) : UNKNOWN,
        );
        return answer instanceof Promise ? answer.catch(failed) : answer;
      } catch (error) {
        return failed(error);
      }
    },
    async refresh(member, { token }, socket) {
      const verdict = await auth.verify({ token });
      judge(verdict, socket.data.address);
      if (!verdict.ok) return { ok: false, ...verdict.refused };
      const { projectId, userId, pass } = verdict.member;
      if (projectId !== member.projectId || userId !== member.userId) {
        const wrong = refusal('token_invalid');
        end(socket, wrong);
        return { ok: false, ...wrong };
      }
      // An older token may not bring back an older name or a shorter life; another may have come while this was checked.
      const newest = socket.data.member.pass.issuedAt ?? 0;
      if ((pass.issuedAt ?? 0) >= newest) socket.data.member = { ...verdict.member, room: member.room };
      const { expiresAt } = socket.data.member.pass;
      return { ok: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
    },
  };
}

/** What is known of somebody who is in, where something is refused to them all the same. A guest has shown nothing. */
export function aboutMember({ projectId, userId, role }: VerifiedMember): About {
  return { project: projectId, userId: userId || null, signed: role !== 'guest' };
}

function denial(data: Refusal, message: string): Denial {
  return { message, data };
}
