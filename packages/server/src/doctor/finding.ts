/** What the doctor looks at, and what a line of its answer is before it is put into words. */

import type { Claims } from '@chatty/protocol';
import type { TokenCheckName, TokenRules } from '../auth/token-checks.js';
import type { CheckFailure, TokenContext } from '../auth/token-context.js';
import type { Projects } from '../projects/projects.js';
import type { ProjectId } from '../store/store.js';
import type { AdviceValues } from './format.js';
import type { DoctorCheck, FindingOutcome } from './outcomes.js';

/** `notice`: it gets in, and yet something is to be known. `skipped`: what failed before leaves nothing to look at. */
export type FindingResult = 'ok' | 'notice' | 'failed' | 'skipped';
export type Finding = {
  check: DoctorCheck;
  result: FindingResult;
  outcome: FindingOutcome;
  values?: AdviceValues;
};

export type ExaminedToken = {
  project: ProjectId;
  context: TokenContext;
  /** What the token says, believed or not; of one that cannot be read nothing. */
  claims: Claims;
  /** What each of the checks had to say: a fault, or null (passed). One that could not be run is not in it. */
  faults: ReadonlyMap<TokenCheckName, CheckFailure | null>;
  /** The keys of the host could not be fetched. */
  unreachable: boolean;
  projects: Projects;
  rules: TokenRules;
  /** In milliseconds. */
  now: number;
};

export function skipped(check: DoctorCheck): Finding {
  return { check, result: 'skipped', outcome: 'skipped' };
}

export function finding(
  check: DoctorCheck,
  result: FindingResult,
  outcome: FindingOutcome,
  values: AdviceValues = {},
): Finding {
  return { check, result, outcome, values };
}

/** A claim's text as it can be shown; of what is no text its JSON. */
export function displayText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
