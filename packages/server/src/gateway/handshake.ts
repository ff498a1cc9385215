/** Decides who gets in: the token of a handshake, and the newer one that takes its place on the same connection. */

import {
  AUTHENTICATION_ERROR,
  createRefusal,
  type RefreshAnswer,
  type RefreshPayload,
  type Refusal,
  readReadUpTo,
} from '@chatty/protocol';
import type { Auth, AuthResult, RejectedIdentity } from '../auth/auth.js';
import type { VerifiedMember } from '../auth/member.js';
import type { RefusalLog } from '../auth/rejection-log.js';
import type { Freshness } from '../cluster/change-poller.js';
import { type ChatSocket, type ConnectRequest, disconnectWithRefusal } from '../connections/client-socket.js';
import type { ConnectionLimits } from '../limits/connection-limits.js';
import type { Cooldowns } from '../limits/cooldowns.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { RoomPermissions } from '../messages/permissions.js';
import type { Log } from '../runtime/logger.js';
import { chainMaybePromise, type MaybePromise } from '../runtime/maybe-promise.js';

/** Why somebody is not let in, as Socket.IO's CONNECT_ERROR says it: `data` is for programs. */
export type ConnectError = { message: string; data: Refusal };

export type Handshake = {
  /** Looks at what a connection says of itself; null: it may come in, and its `data` is set. Never throws, nor rejects. */
  authenticate(socket: ChatSocket, request: ConnectRequest): MaybePromise<ConnectError | null>;
  /** A newer token of the same person, on the same connection; anybody else's ends it. */
  refresh(member: VerifiedMember, payload: RefreshPayload, socket: ChatSocket): Promise<RefreshAnswer>;
};

/** When whoever found no place may look again, in milliseconds: a connection whose end was not noticed is gone by then or soon after. */
const FULL_RETRY_MS = 15_000;
const RATE_LIMITED_MESSAGE = 'Too many requests';
/** Whether they may come in cannot be told at the moment (R14). */
const UNAVAILABLE_ERROR: ConnectError = {
  message: 'Service unavailable',
  data: createRefusal('unavailable'),
};

export function createHandshake(options: {
  auth: Auth;
  permissions: RoomPermissions;
  connectionLimits: ConnectionLimits;
  cooldowns: Cooldowns;
  rateLimits: RateLimits;
  refusalLog: RefusalLog;
  freshness: Freshness;
  log: Log;
}): Handshake {
  const { auth, permissions, connectionLimits, cooldowns, rateLimits, refusalLog, freshness, log } = options;

  /** What no honest host signs. A token that has expired was good once. */
  function reportIfInvalidToken(authResult: AuthResult, address: string | null): void {
    if (authResult.ok) return;
    const { code } = authResult.refused;
    if (code === 'token_invalid' || code === 'token_claims') connectionLimits.reportInvalidToken(address);
  }

  /** The connection ends once it has been told: whoever is refused for asking too much cannot go on asking on it. */
  function rejectRateLimited(socket: ChatSocket, retryAfter: number): ConnectError {
    setImmediate(() => socket.conn.close(false));
    return connectError(createRefusal('rate_limited', retryAfter), RATE_LIMITED_MESSAGE);
  }

  function verifyToken(socket: ChatSocket, request: ConnectRequest): MaybePromise<ConnectError | null> {
    const { origin, address } = request;
    const { token, projectId: project, room } = (request.auth ?? {}) as Record<string, unknown>;
    const retryAfterMs = connectionLimits.retryAfter(address);
    if (retryAfterMs > 0) return rejectRateLimited(socket, retryAfterMs);
    const authResult = auth.verify({ token, project, room, origin });
    return chainMaybePromise(authResult, (authResult) => admit(socket, request, authResult));
  }

  function admit(socket: ChatSocket, request: ConnectRequest, authResult: AuthResult): ConnectError | null {
    const { origin, address } = request;
    const { batch, after } = (request.auth ?? {}) as Record<string, unknown>;
    reportIfInvalidToken(authResult, address);
    const recordRefusal = (about: RejectedIdentity, { code }: Refusal, reason: string) =>
      refusalLog.record({ ...about, event: 'connection', code, reason, origin: origin ?? null, address });
    if (!authResult.ok) {
      const { reason, identity: about } = authResult;
      log.info({ code: authResult.refused.code, reason, origin }, 'a token was refused');
      recordRefusal(about, authResult.refused, reason);
      return connectError(authResult.refused, AUTHENTICATION_ERROR);
    }
    // Meanwhile a key may have been fetched from far away.
    if (!freshness.isFresh()) return UNAVAILABLE_ERROR;
    const { member } = authResult;
    const readRefusal = permissions.checkRead(member);
    if (readRefusal) {
      recordRefusal(identityOf(member), readRefusal, 'the rules of the room');
      return connectError(readRefusal, AUTHENTICATION_ERROR);
    }
    // Guests are nobody, so each connection has its own share. A project id holds no space.
    const isGuest = member.role === 'guest';
    const rateKey = isGuest ? `guest ${socket.id}` : `${member.projectId}/${member.userId}`;
    const retryAfterMs = isGuest ? 0 : cooldowns.remaining(rateKey) || rateLimits.connect(rateKey);
    if (
      retryAfterMs > 0 ||
      !connectionLimits.claimSlot(socket.conn, {
        project: member.projectId,
        rateKey: isGuest ? null : rateKey,
      })
    ) {
      recordRefusal(
        identityOf(member),
        createRefusal('rate_limited'),
        retryAfterMs > 0 ? 'asked for too much' : 'too many connections',
      );
      return rejectRateLimited(socket, retryAfterMs || FULL_RETRY_MS);
    }
    socket.data = {
      member,
      rateKey,
      address,
      acceptsBatches: batch === true,
      resumeAfter: readReadUpTo(after),
    };
    return null;
  }

  function onFailure(error: unknown): ConnectError {
    log.error({ reason: String(error) }, 'a handshake failed');
    return UNAVAILABLE_ERROR;
  }

  return {
    authenticate(socket, request) {
      try {
        const answer = chainMaybePromise(freshness.whenFresh(), (isFresh) =>
          isFresh ? verifyToken(socket, request) : UNAVAILABLE_ERROR,
        );
        return answer instanceof Promise ? answer.catch(onFailure) : answer;
      } catch (error) {
        return onFailure(error);
      }
    },
    async refresh(member, { token }, socket) {
      const authResult = await auth.verify({ token });
      reportIfInvalidToken(authResult, socket.data.address);
      if (!authResult.ok) return { ok: false, ...authResult.refused };
      const { projectId, userId, tokenInfo: pass } = authResult.member;
      if (projectId !== member.projectId || userId !== member.userId) {
        const tokenRefusal = createRefusal('token_invalid');
        disconnectWithRefusal(socket, tokenRefusal);
        return { ok: false, ...tokenRefusal };
      }
      // An older token may not bring back an older name or a shorter life; another may have come while this was checked.
      const newestIssuedAt = socket.data.member.tokenInfo.issuedAt ?? 0;
      if ((pass.issuedAt ?? 0) >= newestIssuedAt)
        socket.data.member = { ...authResult.member, room: member.room };
      const { expiresAt } = socket.data.member.tokenInfo;
      return { ok: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
    },
  };
}

/** What is known of somebody who is in, where something is refused to them all the same. A guest has shown nothing. */
export function identityOf({ projectId, userId, role }: VerifiedMember): RejectedIdentity {
  return { project: projectId, userId: userId || null, signed: role !== 'guest' };
}

function connectError(data: Refusal, message: string): ConnectError {
  return { message, data };
}
