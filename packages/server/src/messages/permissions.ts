/** Decides who may read and who may write in a room: roles, the room's rules, bans and mutes. */

import type { Permissions, RoleOrGuest } from '@chatty/protocol';
import { createRefusal, type Refusal } from '@chatty/protocol';
import type { VerifiedMember } from '../auth/member.js';
import type { ModerationState } from '../moderation/moderation-state.js';
import { effectiveRank, rankOf } from '../moderation/ranks.js';
import type { Projects } from '../projects/projects.js';

export type RoomPermissions = {
  /** The role that counts: the project may grant a lower one than the token claims. */
  effectiveRoleOf(member: VerifiedMember): RoleOrGuest;
  /** Moderators and admins. */
  isStaff(member: VerifiedMember): boolean;
  /** Why the member may not read the room. Null: they may. */
  checkRead(member: VerifiedMember): Refusal | null;
  /** Why the member may not write in the room now. Null: they may. */
  checkWrite(member: VerifiedMember): Refusal | null;
  permissionsOf(member: VerifiedMember): Permissions;
};

export function createRoomPermissions(options: {
  moderationState: ModerationState;
  projects: Projects;
}): RoomPermissions {
  const { moderationState, projects } = options;

  const roomRulesOf = ({ projectId, room }: VerifiedMember) => moderationState.rules(projectId, room);

  const effectiveRoleOf = ({ projectId, role }: VerifiedMember): RoleOrGuest =>
    role === 'guest' ? role : projects.roleOf(projectId, role);

  const isStaff = (member: VerifiedMember) => rankOf(effectiveRoleOf(member)) > 0;

  function checkRead(member: VerifiedMember): Refusal | null {
    const ban = moderationState.activeBan(member.projectId, member.userId, effectiveRank(projects, member));
    if (ban) return ban;
    const role = effectiveRoleOf(member);
    if (rankOf(role) >= rankOf(roomRulesOf(member).read)) return null;
    return createRefusal(role === 'guest' ? 'login_required' : 'forbidden');
  }

  function checkWrite(member: VerifiedMember): Refusal | null {
    if (member.role === 'guest') return createRefusal('login_required');
    const rules = roomRulesOf(member);
    const { projectId, userId } = member;
    const rank = effectiveRank(projects, member);
    const sanction =
      moderationState.activeBan(projectId, userId, rank) ??
      moderationState.activeMute(projectId, userId, rank);
    if (sanction) return sanction;
    if (rankOf(effectiveRoleOf(member)) < rankOf(rules.write)) return createRefusal('read_only');
    if (isStaff(member)) return null;
    if (rules.frozen) return createRefusal('frozen');
    return (member.level ?? 0) < rules.level ? createRefusal('level_required') : null;
  }

  return {
    effectiveRoleOf,
    isStaff,
    checkRead,
    checkWrite,
    permissionsOf: (member) => ({
      write: member.role === 'guest' ? null : checkWrite(member),
      slowMode: isStaff(member) ? 0 : roomRulesOf(member).slowMode * 1_000,
    }),
  };
}
