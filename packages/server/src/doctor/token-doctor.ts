/** Diagnoses a token for a project: the result of each check, and what to do about failures. */

import type { RefusalCode } from '@chatty/protocol';
import type { Auth, AuthRequest } from '../auth/auth.js';
import type { VerifiedMember } from '../auth/member.js';
import type { TokenCheck, TokenCheckName, TokenRules } from '../auth/token-checks.js';
import { type CheckFailure, createTokenContext, type TokenContext } from '../auth/token-context.js';
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
  /** Whether a client with this token may enter from a page of this origin: exactly when no check has failed. */
  ok: boolean;
  /** The code that such a client receives; null: none. */
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
  /** Returns nothing of the token but its claims, and records nothing. Throws `UnavailableError`. */
  diagnose(project: ProjectId, token: string, origin: string | undefined): Promise<DoctorReport>;
};

/** `code` null with no member: the token is valid, but for another project. */
type AuthDecision = { member: VerifiedMember | null; code: RefusalCode | null };

type DoctorOptions = {
  auth: Auth;
  permissions: RoomPermissions;
  projects: Projects;
  rules: TokenRules;
  now?: () => number;
};

export function createDoctor(options: DoctorOptions): Doctor {
  const { auth, permissions, projects, rules, now = wallTime } = options;
  return {
    async diagnose(project, token, origin) {
      const context = createTokenContext(token, origin);
      const checked = await runChecks(auth.checks, project, context);
      const decision = await authenticate(options, project, { token, origin });
      const examined: ExaminedToken = {
        project,
        context,
        claims: context.payload ?? {},
        ...checked,
        projects,
        rules,
        now: now(),
      };
      const findings = [
        ...explainKeys(examined),
        ...explainTimes(examined),
        ...explainClaims(examined),
        explainCutoff(examined),
        explainBan(examined),
        explainOrigin(examined),
        ...explainRoom(permissions, decision, examined.now),
        finding('guests', 'ok', projects.allowsGuests(project) ? 'guests on' : 'guests off'),
      ];
      const { code } = decision;
      // Whatever authentication may check in future, a refusal is never left unexplained.
      if (code !== null && !findings.some(({ result }) => result === 'failed'))
        findings.push(finding('entry', 'failed', 'entry refused', { code, message: { code } }));
      const ok = decision.member !== null && code === null;
      return { ok, code, checks: findings.map(localize) };
    },
  };
}

/** Runs the checks of authentication, without stopping at the first failure. */
async function runChecks(
  checks: readonly TokenCheck[],
  project: ProjectId,
  context: TokenContext,
): Promise<Pick<ExaminedToken, 'faults' | 'unreachable'>> {
  const faults = new Map<TokenCheckName, CheckFailure | null>();
  let unreachable = false;
  for (const { name, needs, isProjectSpecific, run } of checks) {
    if (needs !== 'nothing' && context[needs] === null) continue;
    // What another project would say about the token is not revealed to this one.
    if (isProjectSpecific && context.payload?.projectId !== project) continue;
    try {
      faults.set(name, await run(context));
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      unreachable = true;
    }
  }
  return { faults, unreachable };
}

/** What a client with this token would be answered. */
async function authenticate(
  { auth, permissions }: DoctorOptions,
  project: ProjectId,
  request: AuthRequest,
): Promise<AuthDecision> {
  try {
    const result = await auth.inspect(request);
    if (!result.ok) return { member: null, code: result.refused.code };
    const { member } = result;
    if (member.projectId !== project) return { member: null, code: null };
    return { member, code: permissions.checkRead(member)?.code ?? null };
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return { member: null, code: 'unavailable' };
  }
}

function explainRoom(permissions: RoomPermissions, { member, code }: AuthDecision, now: number): Finding[] {
  if (member === null) return [skipped('room'), skipped('writing')];
  if (code !== null) return [finding('room', 'failed', 'room refused'), skipped('writing')];
  const room = finding('room', 'ok', 'room ok');
  const refused = permissions.checkWrite(member);
  if (refused === null) return [room, finding('writing', 'ok', 'writing ok')];
  const muted = refused.retryAfter === undefined ? 'writing muted' : 'writing muted_until';
  const outcome = refused.code === 'muted' ? muted : 'writing refused';
  const until = { moment: now + (refused.retryAfter ?? 0) };
  const values = { code: refused.code, message: { code: refused.code }, until };
  return [room, finding('writing', 'notice', outcome, values)];
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
