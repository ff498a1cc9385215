/** Explains by which key a token is signed, or why by none: its form, its project, its algorithm, its kid, its signature. */

import type { SecretRow } from '../store/project-store.js';
import { displayText, type ExaminedToken, type Finding, finding, skipped } from './finding.js';
import type { FindingOutcome } from './outcomes.js';

const SUPPORTED_ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'];

export function explainKeys(examined: ExaminedToken): Finding[] {
  const failure = examined.faults.get('form');
  if (failure) {
    const outcome = `form ${failure.kind}` as FindingOutcome;
    const rest = (['project', 'algorithm', 'key', 'signature'] as const).map(skipped);
    return [finding('form', 'failed', outcome), ...rest];
  }
  const form = finding('form', 'ok', 'form ok', { length: String(String(examined.context.token).length) });
  const project = explainProject(examined);
  if (project.result === 'failed')
    return [form, project, ...(['algorithm', 'key', 'signature'] as const).map(skipped)];
  const algorithm = explainAlgorithm(examined);
  const key = algorithm.result === 'failed' ? skipped('key') : explainKey(examined);
  return [form, project, algorithm, key, explainSignature(examined)];
}

function explainProject({ project, claims }: ExaminedToken): Finding {
  const named = claims.projectId;
  if (named === project) return finding('project', 'ok', 'project ok', { project });
  return typeof named === 'string' && named !== ''
    ? finding('project', 'failed', 'project other', { project, named })
    : finding('project', 'failed', 'project missing', { project });
}

/** The keys that the signature check accepts. */
function acceptedKeys({ project, context: given, projects }: ExaminedToken) {
  return projects.signingKeysOf(project, given.header?.kid, given.header?.alg);
}

function explainAlgorithm({ project, context: given, projects }: ExaminedToken): Finding {
  const alg = displayText(given.header?.alg);
  const accepts = (each: unknown) => projects.signingKeysOf(project, undefined, each).length > 0;
  if (accepts(given.header?.alg)) return finding('algorithm', 'ok', 'algorithm ok', { alg });
  const accepted = SUPPORTED_ALGORITHMS.filter(accepts).join(', ');
  return accepted === ''
    ? finding('algorithm', 'failed', 'algorithm nothing', { project })
    : finding('algorithm', 'failed', 'algorithm refused', { alg, accepted });
}

function explainKey(examined: ExaminedToken): Finding {
  const { project, context: given, projects } = examined;
  const { kid: named } = given.header ?? {};
  if (named === undefined) return finding('key', 'ok', 'key none');
  const kid = displayText(named);
  const secrets = projects.get(project)?.row.secrets ?? [];
  if (acceptedKeys(examined).length > 0)
    return finding('key', 'ok', secrets.length === 0 ? 'key shared' : 'key ok', { kid });
  return explainUnusableKey(
    examined,
    kid,
    secrets.find((row) => row.kid === named),
  );
}

function explainUnusableKey(
  { context: given, now }: ExaminedToken,
  kid: string,
  row: SecretRow | undefined,
): Finding {
  if (row === undefined) return finding('key', 'failed', 'key unknown', { kid });
  const { revokedAt, expiresAt, algorithm } = row;
  if (revokedAt !== null)
    return finding('key', 'failed', 'key revoked', { kid, at: { moment: Date.parse(revokedAt) } });
  if (expiresAt !== null && Date.parse(expiresAt) <= now)
    return finding('key', 'failed', 'key expired', { kid, at: { moment: Date.parse(expiresAt) } });
  return algorithm === given.header?.alg
    ? finding('key', 'failed', 'key unusable', { kid })
    : finding('key', 'failed', 'key other_algorithm', {
        kid,
        algorithm,
        alg: displayText(given.header?.alg),
      });
}

function explainSignature(examined: ExaminedToken): Finding {
  const { context: given, faults, unreachable } = examined;
  if (unreachable) return finding('signature', 'failed', 'signature unreachable');
  const failure = faults.get('signature') ?? faults.get('revocation');
  if (failure) {
    const names = acceptedKeys(examined).map(({ kid }) => kid ?? 'JWT_SECRET');
    const keys = names.join(', ') || '-';
    return finding('signature', 'failed', `signature ${failure.kind}` as FindingOutcome, { keys });
  }
  const kid = given.signed?.kid ?? null;
  return kid === null
    ? finding('signature', 'ok', 'signature shared')
    : finding('signature', 'ok', 'signature ok', { kid });
}
