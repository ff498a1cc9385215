/** Says of a token, check by check, whether a project lets it in, and what to do where it does not. */

import type { Code } from '@chatty/protocol/errors';
import type { Auth, VerifiedMember } from '../auth/auth.js';
import { type Case, type CheckName, type Fault, openCase, type TokenRules } from '../auth/token-checks.js';
import type { Conduct } from '../messages/permissions.js';
import { isPlainOrigin, type Projects } from '../projects/projects.js';
import { wallTime } from '../runtime/clocks.js';
import { type ProjectId, Unavailable } from '../store/store.js';
import { explainClaims, explainTimes } from './explain-claims.js';
import { explainKeys } from './explain-keys.js';
import { type Finding, type Found, finding, type Result, skipped } from './finding.js';
import { adviceOf, type Told, titleOf } from './format.js';
import type { CheckTitle, Outcome } from './outcomes.js';

export type Examination = {
  /** Whether somebody with this token gets in from a page of this origin: so exactly when no check has failed. */
  ok: boolean;
  /** What such a visitor is told; null: nothing here refuses them. */
  code: Code | null;
  checks: { check: CheckTitle; result: Result; outcome: Outcome; title: Told; advice: Told }[];
};

export type Doctor = {
  /** Of the token nothing comes back but what its claims say, and it leaves no trace. Throws `Unavailable`. */
  examine(project: ProjectId, token: string, origin: string | undefined): Promise<Examination>;
};

type Decision = { member: VerifiedMember | null; code: Code | null };

export function createDoctor(options: {
  auth: Auth;
  conduct: Conduct;
  projects: Projects;
  rules: TokenRules;
  now?: () => number;
}): Doctor {
  const { auth, conduct, projects, rules, now = wallTime } = options;

  /** The checks that everybody goes through, but on beyond the first fault. */
  async function run(project: ProjectId, given: Case): Promise<Pick<Found, 'faults' | 'unreachable'>> {
    const faults = new Map<CheckName, Fault | null>();
    let unreachable = false;
    for (const { name, needs, asksProject, run: look } of auth.checks) {
      if (needs !== 'nothing' && given[needs] === null) continue;
      // What another project would say to it is none of this one's business.
      if (asksProject && given.payload?.projectId !== project) continue;
      try {
        faults.set(name, await look(given));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        unreachable = true;
      }
    }
    return { faults, unreachable };
  }

  /** By the very door that visitors come through. */
  async function decide(project: ProjectId, token: string, origin: string | undefined): Promise<Decision> {
    try {
      const verdict = await auth.examine({ token, origin });
      if (!verdict.ok) return { member: null, code: verdict.refused.code };
      const { member } = verdict;
      if (member.projectId !== project) return { member: null, code: null };
      return { member, code: conduct.reading(member)?.code ?? null };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return { member: null, code: 'unavailable' };
    }
  }

  function explainRoom({ member, code }: Decision, time: number): Finding[] {
    if (member === null) return [skipped('room'), skipped('writing')];
    if (code !== null) return [finding('room', 'failed', 'room refused'), skipped('writing')];
    const room = finding('room', 'ok', 'room ok');
    const refused = conduct.writing(member);
    if (refused === null) return [room, finding('writing', 'ok', 'writing ok')];
    const muted = refused.retryAfter === undefined ? 'writing muted' : 'writing muted_until';
    const outcome = refused.code === 'muted' ? muted : 'writing refused';
    const until = { moment: time + (refused.retryAfter ?? 0) };
    const values = { code: refused.code, message: { code: refused.code }, until };
    return [room, finding('writing', 'notice', outcome, values)];
  }

  return {
    async examine(project, token, origin) {
      const given = openCase(token, origin);
      const ran = await run(project, given);
      const decision = await decide(project, token, origin);
      const { code } = decision;
      const found: Found = {
        project,
        given,
        claims: given.payload ?? {},
        ...ran,
        projects,
        rules,
        now: now(),
      };
      const guests = projects.guests(project) ? 'guests on' : 'guests off';
      const findings = [
        ...explainKeys(found),
        ...explainTimes(found),
        ...explainClaims(found),
        explainCutoff(found),
        explainExclusion(found),
        explainOrigin(found),
        ...explainRoom(decision, found.now),
        finding('guests', 'ok', guests),
      ];
      const ok = decision.member !== null && code === null;
      // Whatever else the door may come to look at, its refusal is never without a line.
      if (code !== null && !findings.some(({ result }) => result === 'failed'))
        findings.push(finding('entry', 'failed', 'entry refused', { code, message: { code } }));
      return { ok, code, checks: findings.map(inWords) };
    },
  };
}

function inWords({ check, result, outcome, values = {} }: Finding) {
  return { check, result, outcome, title: titleOf(check), advice: adviceOf(outcome, values) };
}

function explainCutoff({ given, faults, projects }: Found): Finding {
  const fault = faults.get('cutoff');
  if (given.member === null || fault === undefined) return skipped('cutoff');
  if (fault === null) return finding('cutoff', 'ok', 'cutoff ok');
  const moment = projects.cutoffOf(given.member.projectId, given.member.userId) ?? 0;
  return finding('cutoff', 'failed', 'cutoff cut_off', { at: { moment } });
}

function explainExclusion({ faults, now }: Found): Finding {
  const fault = faults.get('exclusion');
  if (fault === undefined) return skipped('exclusion');
  if (fault === null) return finding('exclusion', 'ok', 'exclusion ok');
  const { code, retryAfter } = fault.refused;
  const banned = retryAfter === undefined ? 'exclusion banned' : 'exclusion banned_until';
  const until = { moment: now + (retryAfter ?? 0) };
  return finding('exclusion', 'failed', code === 'kicked' ? 'exclusion kicked' : banned, { until });
}

function explainOrigin({ project, given, faults, projects }: Found): Finding {
  const fault = faults.get('origin');
  if (fault === undefined) return skipped('origin');
  const { origin } = given;
  if (origin === undefined) return finding('origin', 'ok', 'origin none');
  const row = projects.get(project)?.row;
  const values = { origin, project, origins: [...(row?.origins ?? []), origin].join(' ') };
  if (fault === null) return finding('origin', 'ok', 'origin ok', values);
  if (origin === 'null') return finding('origin', 'failed', 'origin null', values);
  if (!isPlainOrigin(origin)) return finding('origin', 'failed', 'origin form', values);
  const outcome = row === undefined ? 'origin unlisted' : 'origin not_allowed';
  return finding('origin', 'failed', outcome, values);
}
