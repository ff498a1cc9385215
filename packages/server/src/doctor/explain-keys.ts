/** Explains by which key a token is signed, or why by none: its form, its project, its algorithm, its kid, its signature. */

import type { SecretRow } from '../store/project-store.js';
import { type Finding, type Found, finding, skipped, textOf } from './finding.js';
import type { Outcome } from './outcomes.js';

const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'];

export function explainKeys(found: Found): Finding[] {
  const fault = found.faults.get('form');
  if (fault) {
    const outcome = `form ${fault.kind}` as Outcome;
    const rest = (['project', 'algorithm', 'key', 'signature'] as const).map(skipped);
    return [finding('form', 'failed', outcome), ...rest];
  }
  const form = finding('form', 'ok', 'form ok', { length: String(String(found.given.token).length) });
  const project = explainProject(found);
  if (project.result === 'failed')
    return [form, project, ...(['algorithm', 'key', 'signature'] as const).map(skipped)];
  const algorithm = explainAlgorithm(found);
  const key = algorithm.result === 'failed' ? skipped('key') : explainKey(found);
  return [form, project, algorithm, key, explainSignature(found)];
}

function explainProject({ project, claims }: Found): Finding {
  const named = claims.projectId;
  if (named === project) return finding('project', 'ok', 'project ok', { project });
  return typeof named === 'string' && named !== ''
    ? finding('project', 'failed', 'project other', { project, named })
    : finding('project', 'failed', 'project missing', { project });
}

/** The same question as the signature is checked by: which keys may it be signed with? */
function keysOf({ project, given, projects }: Found) {
  return projects.keysOf(project, given.header?.kid, given.header?.alg);
}

function explainAlgorithm({ project, given, projects }: Found): Finding {
  const alg = textOf(given.header?.alg);
  const accepts = (each: unknown) => projects.keysOf(project, undefined, each).length > 0;
  if (accepts(given.header?.alg)) return finding('algorithm', 'ok', 'algorithm ok', { alg });
  const accepted = ALGORITHMS.filter(accepts).join(', ');
  return accepted === ''
    ? finding('algorithm', 'failed', 'algorithm nothing', { project })
    : finding('algorithm', 'failed', 'algorithm refused', { alg, accepted });
}

function explainKey(found: Found): Finding {
  const { project, given, projects } = found;
  const { kid: named } = given.header ?? {};
  if (named === undefined) return finding('key', 'ok', 'key none');
  const kid = textOf(named);
  const secrets = projects.get(project)?.row.secrets ?? [];
  if (keysOf(found).length > 0)
    return finding('key', 'ok', secrets.length === 0 ? 'key shared' : 'key ok', { kid });
  return explainLostKey(
    found,
    kid,
    secrets.find((row) => row.kid === named),
  );
}

function explainLostKey({ given, now }: Found, kid: string, row: SecretRow | undefined): Finding {
  if (row === undefined) return finding('key', 'failed', 'key unknown', { kid });
  const { revokedAt, expiresAt, algorithm } = row;
  if (revokedAt !== null)
    return finding('key', 'failed', 'key revoked', { kid, at: { moment: Date.parse(revokedAt) } });
  if (expiresAt !== null && Date.parse(expiresAt) <= now)
    return finding('key', 'failed', 'key expired', { kid, at: { moment: Date.parse(expiresAt) } });
  return algorithm === given.header?.alg
    ? finding('key', 'failed', 'key unusable', { kid })
    : finding('key', 'failed', 'key other_algorithm', { kid, algorithm, alg: textOf(given.header?.alg) });
}

function explainSignature(found: Found): Finding {
  const { given, faults, unreachable } = found;
  if (unreachable) return finding('signature', 'failed', 'signature unreachable');
  const fault = faults.get('signature') ?? faults.get('held');
  if (fault) {
    const names = keysOf(found).map(({ kid }) => kid ?? 'JWT_SECRET');
    const keys = names.join(', ') || '-';
    return finding('signature', 'failed', `signature ${fault.kind}` as Outcome, { keys });
  }
  const kid = given.signed?.kid ?? null;
  return kid === null
    ? finding('signature', 'ok', 'signature shared')
    : finding('signature', 'ok', 'signature ok', { kid });
}
