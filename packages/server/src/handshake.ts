/** Decides who gets in: the token of a handshake, and the newer one that takes its place on the same connection. */

import { readPosition } from '@chatty/protocol/check';
import { type Refusal, refusal } from '@chatty/protocol/codes';
import { AUTHENTICATION_ERROR, type RefreshAnswer, type RefreshPayload } from '@chatty/protocol/events';
import type { Auth, VerifiedMember } from './auth.js';
import type { Conduct } from './conduct.js';
import type { Log } from './log.js';
import type { ChatSocket } from './rooms.js';
import { end } from './sessions.js';

export type Handshakes = {
  /** Socket.IO's middleware: `next` with nothing lets the socket in, `next` with an error becomes its `connect_error`. */
  admit(socket: ChatSocket, next: (error?: Error) => void): void;
  /** A newer token of the same person, on the same connection; anybody else's ends it. */
  refresh(member: VerifiedMember, payload: RefreshPayload, socket: ChatSocket): Promise<RefreshAnswer>;
};

/** One for all members. */
const NOTHING = Object.freeze({});

export function createHandshakes(options: { auth: Auth; conduct: Conduct; log: Log }): Handshakes {
  const { auth, conduct, log } = options;

  async function verify(socket: ChatSocket): Promise<Error | undefined> {
    const { token, projectId, batch, after } = (socket.handshake.auth ?? {}) as Record<string, unknown>;
    const { origin } = socket.handshake.headers;
    const verdict = await auth.verify({ token, project: projectId, origin });
    if (!verdict.ok) {
      const { ok: _, reason, ...refusal } = verdict;
      log.info({ code: refusal.code, reason, origin }, 'a token was refused');
      return refused(refusal, AUTHENTICATION_ERROR);
    }
    const { member } = verdict;
    const unread = conduct.reading(member);
    if (unread) return refused(unread, AUTHENTICATION_ERROR);
    // Guests are nobody, so each connection has its own share. A project id holds no space.
    const key = member.role === 'guest' ? `guest ${socket.id}` : `${member.projectId}/${member.userId}`;
    socket.data = { member, key, batch: batch === true, after: readPosition(after) };
    return undefined;
  }

  return {
    admit(socket, next) {
      verify(socket).then(next, (error) => {
        log.error({ reason: String(error) }, 'a handshake failed');
        next(refused(refusal('unavailable'), 'Service unavailable'));
      });
    },
    async refresh(member, { token }, socket) {
      const verdict = await auth.verify({ token });
      if (!verdict.ok) {
        const { reason: _, ...no } = verdict;
        return no;
      }
      const { projectId, userId, pass } = verdict.member;
      if (projectId !== member.projectId || userId !== member.userId) {
        const wrong = refusal('token_invalid');
        end(socket, wrong);
        return { ok: false, ...wrong };
      }
      // An older token may not bring back an older name or a shorter life; another may have come while this was checked.
      const newest = socket.data.member.pass.issuedAt ?? 0;
      if ((pass.issuedAt ?? 0) >= newest) socket.data.member = verdict.member;
      const { expiresAt } = socket.data.member.pass;
      return { ok: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
    },
  };
}

/** The token and the request have served; kept for thousands of members they would cost, and a token could leak. */
export function forget({ handshake, conn }: ChatSocket): void {
  Object.assign(handshake, { auth: NOTHING, headers: NOTHING, query: NOTHING });
  Object.assign(conn, { request: null });
}

/** An error as Socket.IO sends it: `connect_error` with this message and `data`. */
function refused(data: Refusal, message: string): Error {
  return Object.assign(new Error(message), { data });
}
