/** Trims or rejects settings with stray spaces, line breaks, quotes or a byte order mark. */

export type SettingValues = {
  /** Values by name, without empty or blank ones. */
  values: Record<string, string | undefined>;
  errors: string[];
  warnings: string[];
};

/** Used exactly as given, because the other side must have the same bytes. */
const VERBATIM_SETTINGS: readonly string[] = ['JWT_SECRET', 'SECRETS_ENCRYPTION_KEY', 'POSTGRES_PASSWORD'];
const SECRET_SETTINGS: readonly string[] = [...VERBATIM_SETTINGS, 'ADMIN_KEY'];

const EDGE_CHARACTER_NAMES: [RegExp, string][] = [
  [/[\n\u2028\u2029]/u, 'a line feed'],
  [/\r/u, 'a carriage return'],
  [/\ufeff/u, 'a byte order mark'],
  [/\s/u, 'a space'],
];
const INVISIBLE_CHARACTER = /[\s\p{Cc}\p{Cf}]/u;

/** @param names of all settings; other variables are ignored */
export function readSettingValues(
  names: readonly string[],
  environment: Record<string, string | undefined>,
): SettingValues {
  const values: Record<string, string | undefined> = {};
  const errors: string[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    const rawValue = environment[name] ?? '';
    const trimmed = rawValue.trim();
    if (trimmed === '') continue;
    const isSecret = SECRET_SETTINGS.includes(name);
    values[name] = VERBATIM_SETTINGS.includes(name) ? rawValue : trimmed;
    const surroundings = isSecret ? describeEdges(rawValue) : isQuoted(trimmed) ? 'quotes around it' : null;
    if (surroundings === null) continue;
    if (!isSecret)
      errors.push(`${name} has ${surroundings}. Remove them (docker run --env-file keeps them).`);
    else if (name === 'ADMIN_KEY' && isCleanWhenTrimmed(trimmed))
      warnings.push(`${name} has ${surroundings}. It is ignored, because HTTP headers cannot carry it.`);
    else
      warnings.push(
        `${name} has ${surroundings} and is used as it is. Remove it, or make sure that the other side uses exactly the same value.`,
      );
  }
  return { values, errors, warnings };
}

/** Whether the trimmed value has no further invisible characters or quotes around it. */
function isCleanWhenTrimmed(trimmed: string): boolean {
  return describeEdges(trimmed) === null;
}

function describeEdges(value: string): string | null {
  if (isQuoted(value.trim())) return 'quotes around it';
  const [first = '', last = ''] = [[...value][0], [...value].at(-1)];
  if (INVISIBLE_CHARACTER.test(last)) return `${characterNameOf(last)} after it`;
  return INVISIBLE_CHARACTER.test(first) ? `${characterNameOf(first)} before it` : null;
}

function isQuoted(value: string): boolean {
  const [first = ''] = value;
  return value.length > 1 && `"'\`“‘`.includes(first) && `"'\`”’`.includes(value.at(-1) ?? ' ');
}

function characterNameOf(character: string): string {
  return EDGE_CHARACTER_NAMES.find(([kind]) => kind.test(character))?.[1] ?? 'an invisible character';
}
