/** Says of a token, check by check, whether a project lets it in, and what to do where it does not. */

import type { RefusalCode } from '@chatty/protocol';
import type { Auth } from '../auth/auth.js';
import type { VerifiedMember } from '../auth/member.js';
import {
  type CheckFailure,
  createTokenContext,
  type TokenCheckName,
  type TokenContext,
  type TokenRules,
} from '../auth/token-checks.js';
import type { RoomPermissions } from '../messages/permissions.js';
import { isShellSafeOrigin, type Projects } from '../projects/projects.js';
import { wallTime } from '../runtime/clocks.js';
import { UnavailableError } from '../runtime/unavailable-error.js';
import type { ProjectId } from '../store/store.js';
import { explainClaims, explainTimes } from './explain-claims.js';
import { explainKeys } from './explain-keys.js';
import { type ExaminedToken, type Finding, type FindingResult, finding, skipped } from './finding.js';
import { adviceOf, type Translated, titleOf } from './format.js';
import type { DoctorCheck, FindingOutcome } from './outcomes.js';

export type DoctorReport = {
  /** Whether somebody with this token gets in from a page of this origin: so exactly when no check has failed. */
  ok: boolean;
  /** What such a visitor is told; null: nothing here refuses them. */
  code: RefusalCode | null;
  checks: {
    check: DoctorCheck;
    result: FindingResult;
    outcome: FindingOutcome;
    title: Translated;
    advice: Translated;
  }[];
};

export type Doctor = {
  /** Of the token nothing comes back but what its claims say, and it leaves no trace. Throws `Unavailable`. */
  diagnose(project: ProjectId, token: string, origin: string | undefined): Promise<DoctorReport>;
};

type AuthDecision = { member: VerifiedMember | null; code: RefusalCode | null };

export function createDoctor(options: {
  auth: Auth;
  permissions: RoomPermissions;
  projects: Projects;
  rules: TokenRules;
  now?: () => number;
}): Doctor {
  const { auth, permissions, projects, rules, now = wallTime } = options;

  /** The checks that everybody goes through, but on beyond the first fault. */
  async function runChecks(
    project: ProjectId,
    context: TokenContext,
  ): Promise<Pick<ExaminedToken, 'faults' | 'unreachable'>> {
    const faults = new Map<TokenCheckName, CheckFailure | null>();
    let unreachable = false;
    for (const { name, needs, isProjectSpecific: asksProject, run: runCheck } of auth.checks) {
      if (needs !== 'nothing' && context[needs] === null) continue;
      // What another project would say to it is none of this one's business.
      if (asksProject && context.payload?.projectId !== project) continue;
      try {
        faults.set(name, await runCheck(context));
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        unreachable = true;
      }
    }
    return { faults, unreachable };
  }

  /** By the very door that visitors come through. */
  async function authenticate(
    project: ProjectId,
    token: string,
    origin: string | undefined,
  ): Promise<AuthDecision> {
    try {
      const result = await auth.inspect({ token, origin });
      if (!result.ok) return { member: null, code: result.refused.code };
      const { member } = result;
      if (member.projectId !== project) return { member: null, code: null };
      return { member, code: permissions.checkRead(member)?.code ?? null };
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return { member: null, code: 'unavailable' };
    }
  }

  function explainRoom({ member, code }: AuthDecision, time: number): Finding[] {
    if (member === null) return [skipped('room'), skipped('writing')];
    if (code !== null) return [finding('room', 'failed', 'room refused'), skipped('writing')];
    const room = finding('room', 'ok', 'room ok');
    const refused = permissions.checkWrite(member);
    if (refused === null) return [room, finding('writing', 'ok', 'writing ok')];
    const muted = refused.retryAfter === undefined ? 'writing muted' : 'writing muted_until';
    const outcome = refused.code === 'muted' ? muted : 'writing refused';
    const until = { moment: time + (refused.retryAfter ?? 0) };
    const values = { code: refused.code, message: { code: refused.code }, until };
    return [room, finding('writing', 'notice', outcome, values)];
  }

  return {
    async diagnose(project, token, origin) {
      const context = createTokenContext(token, origin);
      const checked = await runChecks(project, context);
      const decision = await authenticate(project, token, origin);
      const { code } = decision;
      const examined: ExaminedToken = {
        project,
        context,
        claims: context.payload ?? {},
        ...checked,
        projects,
        rules,
        now: now(),
      };
      const guests = projects.allowsGuests(project) ? 'guests on' : 'guests off';
      const findings = [
        ...explainKeys(examined),
        ...explainTimes(examined),
        ...explainClaims(examined),
        explainCutoff(examined),
        explainBan(examined),
        explainOrigin(examined),
        ...explainRoom(decision, examined.now),
        finding('guests', 'ok', guests),
      ];
      const ok = decision.member !== null && code === null;
      // Whatever else the door may come to look at, its refusal is never without a line.
      if (code !== null && !findings.some(({ result }) => result === 'failed'))
        findings.push(finding('entry', 'failed', 'entry refused', { code, message: { code } }));
      return { ok, code, checks: findings.map(localize) };
    },
  };
}

function localize({ check, result, outcome, values = {} }: Finding) {
  return { check, result, outcome, title: titleOf(check), advice: adviceOf(outcome, values) };
}

function explainCutoff({ context, faults, projects }: ExaminedToken): Finding {
  const failure = faults.get('cutoff');
  if (context.member === null || failure === undefined) return skipped('cutoff');
  if (failure === null) return finding('cutoff', 'ok', 'cutoff ok');
  const moment = projects.tokensValidFrom(context.member.projectId, context.member.userId) ?? 0;
  return finding('cutoff', 'failed', 'cutoff cut_off', { at: { moment } });
}

function explainBan({ faults, now }: ExaminedToken): Finding {
  const failure = faults.get('exclusion');
  if (failure === undefined) return skipped('exclusion');
  if (failure === null) return finding('exclusion', 'ok', 'exclusion ok');
  const { code, retryAfter } = failure.refused;
  const banned = retryAfter === undefined ? 'exclusion banned' : 'exclusion banned_until';
  const until = { moment: now + (retryAfter ?? 0) };
  return finding('exclusion', 'failed', code === 'kicked' ? 'exclusion kicked' : banned, { until });
}

function explainOrigin({ project, context, faults, projects }: ExaminedToken): Finding {
  const failure = faults.get('origin');
  if (failure === undefined) return skipped('origin');
  const { origin } = context;
  if (origin === undefined) return finding('origin', 'ok', 'origin none');
  const row = projects.get(project)?.row;
  const values = { origin, project, origins: [...(row?.origins ?? []), origin].join(' ') };
  if (failure === null) return finding('origin', 'ok', 'origin ok', values);
  if (origin === 'null') return finding('origin', 'failed', 'origin null', values);
  if (!isShellSafeOrigin(origin)) return finding('origin', 'failed', 'origin form', values);
  const outcome = row === undefined ? 'origin unlisted' : 'origin not_allowed';
  return finding('origin', 'failed', outcome, values);
}
