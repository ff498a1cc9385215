/** The command table: for each event of a client its check, access, rate limit and work. */

import {
  type ChangeAnswer,
  type ClientEvents,
  createRefusal,
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
import type { Freshness } from '../cluster/change-poller.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Messages } from '../messages/messages.js';
import type { RoomPermissions } from '../messages/permissions.js';
import type { Moderation } from '../moderation/moderation.js';
import { type ActingModerator, rankOf } from '../moderation/ranks.js';
import type { Rooms } from '../rooms/rooms.js';
import type { SanctionKind } from '../store/moderation-store.js';
import {
  type AccessChecks,
  type AnswerOf,
  type CommandHandler,
  createCommandFactory,
  type DefineCommand,
} from './command.js';
import type { Handshake } from './handshake.js';

/** Does not compile while an event of the protocol lacks its row. */
type Commands = { [Name in keyof ClientEvents]: CommandHandler<AnswerOf<Name>> };
type Dependencies = {
  handshake: Handshake;
  rooms: Rooms;
  permissions: RoomPermissions;
  messages: Messages;
  moderation: Moderation;
  rateLimits: RateLimits;
  freshness: Freshness;
};
type Table = Dependencies & {
  define: DefineCommand;
  accessChecks: AccessChecks;
  actingModeratorOf(member: VerifiedMember): ActingModerator;
};

export function createCommands(dependencies: Dependencies): Commands {
  const { permissions, freshness } = dependencies;
  const accessChecks = createAccessChecks(permissions);
  const table = {
    ...dependencies,
    accessChecks,
    define: createCommandFactory(accessChecks, freshness),
    actingModeratorOf: (member: VerifiedMember): ActingModerator => ({
      project: member.projectId,
      room: member.room,
      actor: { kind: 'member', id: member.userId, name: member.username },
      rank: rankOf(permissions.effectiveRoleOf(member)),
    }),
  };
  return { ...messageCommands(table), ...readCommands(table), ...moderationCommands(table) };
}

function createAccessChecks(permissions: RoomPermissions): AccessChecks {
  const requireLogin = ({ role }: VerifiedMember) =>
    role === 'guest' ? createRefusal('login_required') : null;
  return {
    read: permissions.checkRead,
    own: requireLogin,
    write: permissions.checkWrite,
    moderate: (member) =>
      requireLogin(member) ??
      (rankOf(permissions.effectiveRoleOf(member)) > 0 ? null : createRefusal('forbidden')),
  };
}

function messageCommands({ define, rateLimits, messages, rooms, ...table }: Table) {
  /** A moderator who deletes the message of somebody else acts as a moderator, and the audit log says so. */
  async function deleteMessage(member: VerifiedMember, { id }: { id: number }): Promise<ChangeAnswer> {
    const answer = await messages.remove(member, { id });
    const isOthersMessage =
      !answer.ok && answer.code === 'forbidden' && table.accessChecks.moderate(member) === null;
    return isOthersMessage
      ? table.moderation.deleteMessage(table.actingModeratorOf(member), id, null)
      : answer;
  }

  return {
    'chat message': define({
      check: validateSend,
      access: 'write',
      answersRetries: true,
      limit: rateLimits.send,
      run: messages.send,
    }),
    'edit message': define({
      check: validateEdit,
      access: 'write',
      limit: rateLimits.send,
      run: messages.edit,
    }),
    'delete message': define({
      check: validateDelete,
      access: 'own',
      limit: rateLimits.moderate,
      run: deleteMessage,
    }),
    react: define({
      check: validateReact,
      access: 'write',
      limit: rateLimits.send,
      run: messages.react,
    }),
    typing: define({
      check: validateTyping,
      access: 'write',
      limit: rateLimits.memoryRead,
      run: rooms.typing,
    }),
  };
}

function readCommands({ define, rateLimits, rooms, handshake }: Table) {
  return {
    history: define({
      check: validateHistory,
      access: 'read',
      limit: rateLimits.databaseRead,
      run: (member, { before, limit }) => rooms.history(member, before, limit),
    }),
    sync: define({
      check: validateSync,
      access: 'read',
      limit: rateLimits.memoryRead,
      run: (member, { after }) => rooms.sync(member, after),
    }),
    members: define({
      check: validateMembers,
      access: 'read',
      limit: rateLimits.memoryRead,
      run: (member, { limit }) => rooms.members(member, limit),
    }),
    'auth refresh': define({
      check: validateRefresh,
      access: 'own',
      limit: rateLimits.memoryRead,
      run: handshake.refresh,
    }),
  };
}

function moderationCommands({ define, rateLimits, moderation, actingModeratorOf }: Table) {
  const sanctionCommand = (kind: SanctionKind) =>
    define({
      check: validateSanction,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, request) => moderation.sanction(actingModeratorOf(member), kind, request),
    });
  const liftCommand = (kind: 'mute' | 'ban') =>
    define({
      check: validateLift,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, { userId }) => moderation.lift(actingModeratorOf(member), kind, userId),
    });

  return {
    'mute member': sanctionCommand('mute'),
    'unmute member': liftCommand('mute'),
    'ban member': sanctionCommand('ban'),
    'unban member': liftCommand('ban'),
    'kick member': sanctionCommand('kick'),
    'set rules': define({
      check: validateRules,
      access: 'moderate',
      limit: rateLimits.moderate,
      run: (member, { rules }) => moderation.setRules(actingModeratorOf(member), rules),
    }),
  };
}
