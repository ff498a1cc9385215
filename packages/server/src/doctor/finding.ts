/** What the doctor looks at, and what a line of its answer is before it is put into words. */

import type { Claims } from '@chatty/protocol/claims';
import type { Case, CheckName, Fault, TokenRules } from '../auth/token-checks.js';
import type { Projects } from '../projects/projects.js';
import type { ProjectId } from '../store/store.js';
import type { Values } from './format.js';
import type { CheckTitle, Outcome } from './outcomes.js';

/** `notice`: it gets in, and yet something is to be known. `skipped`: what failed before leaves nothing to look at. */
export type Result = 'ok' | 'notice' | 'failed' | 'skipped';
export type Finding = { check: CheckTitle; result: Result; outcome: Outcome; values?: Values };

export type Found = {
  project: ProjectId;
  given: Case;
  /** What the token says, believed or not; of one that cannot be read nothing. */
  claims: Claims;
  /** What each of the checks had to say: a fault, or null (passed). One that could not be run is not in it. */
  faults: ReadonlyMap<CheckName, Fault | null>;
  /** The keys of the host could not be fetched. */
  unreachable: boolean;
  projects: Projects;
  rules: TokenRules;
  /** In milliseconds. */
  now: number;
};

export function skipped(check: CheckTitle): Finding {
  return { check, result: 'skipped', outcome: 'skipped' };
}

export function finding(check: CheckTitle, result: Result, outcome: Outcome, values: Values = {}): Finding {
  return { check, result, outcome, values };
}

/** A claim's text as it can be shown; of what is no text its JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
