/** The token that the doctor examines, and its findings before they are put into words. */

import type { Claims } from '@chatty/protocol';
import type { TokenCheckName, TokenRules } from '../auth/token-checks.js';
import type { CheckFailure, TokenContext } from '../auth/token-context.js';
import type { Projects } from '../projects/projects.js';
import type { ProjectId } from '../store/store.js';
import type { AdviceValues } from './format.js';
import type { DoctorCheck, FindingOutcome } from './outcomes.js';

/** `notice`: accepted, with a remark. `skipped`: an earlier failure leaves nothing to check. */
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
  /** The claims of the token, verified or not; empty if it cannot be decoded. */
  claims: Claims;
  /** The failure of each check, or null if it passed. Checks that could not run are missing. */
  faults: ReadonlyMap<TokenCheckName, CheckFailure | null>;
  /** The host's keys could not be fetched. */
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

/** A claim as text: strings as they are, other values as JSON. */
export function displayText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
