/** Decides who may read and write in a room, and which of their messages may go out: the room's rules, and mutes. */

import { type Refusal, refusal } from '@chatty/protocol/errors';
import type { Permissions, Standing } from '@chatty/protocol/events';
import type { Draft } from '@chatty/protocol/validate';
import type { VerifiedMember } from '../auth/auth.js';
import type { Order } from '../moderation/moderation-state.js';
import { rankIn, rankOf } from '../moderation/ranks.js';
import type { RoomRules } from '../moderation/room-rules.js';
import type { Filters } from '../moderation/word-filters.js';
import type { Projects } from '../projects/projects.js';
import { monotonicTime } from '../runtime/clocks.js';
import type { Store } from '../store/store.js';
import { hasLink } from './link-detection.js';
import { createRecent } from './slow-mode.js';

/** A text as it may go out, or why it may not. */
export type Text = { ok: true; content: string } | ({ ok: false } & Refusal);
/** What may be sent, to be stored; `undo` where it was not, so that it counts for nothing. */
export type Passed = { ok: true; draft: Draft; undo: () => void };

export type Conduct = {
  /** What the bearer counts as: no more than the project lets a token say. */
  roleOf(member: VerifiedMember): Standing;
  /** Why the member may not read the room; null: may. */
  reading(member: VerifiedMember): Refusal | null;
  /** Why the member may not write there at the moment; null: may. */
  writing(member: VerifiedMember): Refusal | null;
  permissions(member: VerifiedMember): Permissions;
  /** Whether a new message may go out, and as what. It counts as sent from then on. Throws `Unavailable`. */
  sending(member: VerifiedMember, draft: Draft): Promise<Passed | ({ ok: false } & Refusal)>;
  /** Whether a message may be changed to this text, and as what. Throws `Unavailable`. */
  editing(member: VerifiedMember, content: string): Promise<Text>;
  /** Whether what was stored may be this text as it went out then. */
  isMasked(member: VerifiedMember, stored: string, text: string): boolean;
};

/** Members known to be no newcomers that are remembered. */
const KNOWN = 10_000;
const NOTHING = () => undefined;

export function createConduct(options: {
  order: Order;
  projects: Projects;
  filters: Filters;
  store: Store;
  now?: () => number;
}): Conduct {
  const { order, projects, filters, store, now = monotonicTime } = options;
  const recent = createRecent(now);
  /** How many messages somebody has written at least, where it has been asked; nobody's number goes down. */
  const written = new Map<string, number>();

  const rulesOf = ({ projectId, room }: VerifiedMember) => order.rules(projectId, room);

  const roleOf = ({ projectId, role }: VerifiedMember): Standing =>
    role === 'guest' ? role : projects.roleOf(projectId, role);

  const isStaff = (member: VerifiedMember) => rankOf(roleOf(member)) > 0;

  function reading(member: VerifiedMember): Refusal | null {
    const excluded = order.exclusion(member.projectId, member.userId, rankIn(projects, member));
    if (excluded) return excluded;
    const role = roleOf(member);
    if (rankOf(role) >= rankOf(rulesOf(member).read)) return null;
    return refusal(role === 'guest' ? 'login_required' : 'forbidden');
  }

  function writing(member: VerifiedMember): Refusal | null {
    if (member.role === 'guest') return refusal('login_required');
    const rules = rulesOf(member);
    const { projectId, userId } = member;
    const rank = rankIn(projects, member);
    const fault = order.exclusion(projectId, userId, rank) ?? order.mute(projectId, userId, rank);
    if (fault) return fault;
    if (rankOf(roleOf(member)) < rankOf(rules.write)) return refusal('read_only');
    if (isStaff(member)) return null;
    if (rules.frozen) return refusal('frozen');
    return (member.level ?? 0) < rules.level ? refusal('level_required') : null;
  }

  /** What concerns the text alone. */
  async function judge(member: VerifiedMember, { linksAfter }: RoomRules, text: string): Promise<Text> {
    const content = await filters.pass(member.projectId, text);
    if (content === null) return { ok: false, ...refusal('word_refused') };
    if (linksAfter > 0 && hasLink(text) && (await isNewcomer(member, linksAfter)))
      return { ok: false, ...refusal('links_refused') };
    return { ok: true, content };
  }

  async function isNewcomer({ projectId, userId }: VerifiedMember, least: number): Promise<boolean> {
    const key = `${projectId}/${userId}`;
    if ((written.get(key) ?? 0) >= least) return false;
    const count = await store.project(projectId).written(userId, least);
    if (written.size >= KNOWN) written.clear();
    if (count >= least) written.set(key, count);
    return count < least;
  }

  return {
    roleOf,
    reading,
    writing,
    permissions: (member) => ({
      write: member.role === 'guest' ? null : writing(member),
      slowMode: isStaff(member) ? 0 : rulesOf(member).slowMode * 1_000,
    }),
    async sending(member, draft) {
      const no = (refused: Refusal) => ({ ok: false as const, ...refused });
      const fault = writing(member);
      if (fault) return no(fault);
      if (isStaff(member)) return { ok: true, draft, undo: NOTHING };
      const rules = rulesOf(member);
      const text = await judge(member, rules, draft.content);
      if (!text.ok) return text;
      // From here to the end in one turn, so that two messages at once cannot both be the first.
      const { projectId, room, userId } = member;
      const taken = recent.take(`${projectId}/${room}/${userId}`, draft, rules);
      const passed = { ...draft, content: text.content };
      return taken.ok
        ? { ok: true, draft: passed, undo: taken.undo }
        : no(refusal(taken.code, taken.retryAfter));
    },
    async editing(member, content) {
      return isStaff(member) ? { ok: true, content } : judge(member, rulesOf(member), content);
    },
    isMasked: ({ projectId }, stored, text) => filters.isMasked(projectId, stored, text),
  };
}
