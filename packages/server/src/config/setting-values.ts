/** Decides what becomes of a setting that has gained something on its way: blanks, line ends, quotes, a byte order mark. */

export type SettingValues = {
  /** Values by name; one that is empty, or blank all through, is not there. */
  values: Record<string, string | undefined>;
  errors: string[];
  warnings: string[];
};

/** Taken as they are, because both ends have to have the same bytes and only the other end knows which. */
const VERBATIM_SETTINGS: readonly string[] = ['JWT_SECRET', 'SECRETS_KEY', 'POSTGRES_PASSWORD'];
const SECRET_SETTINGS: readonly string[] = [...VERBATIM_SETTINGS, 'ADMIN_KEY'];

const EDGE_CHARACTER_NAMES: [RegExp, string][] = [
  [/[\n\u2028\u2029]/u, 'a line feed'],
  [/\r/u, 'a carriage return'],
  [/\ufeff/u, 'a byte order mark'],
  [/\s/u, 'a blank'],
];
const INVISIBLE_CHARACTER = /[\s\p{Cc}\p{Cf}]/u;

/** @param names of all settings; others are left alone */
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
      errors.push(`${name} has ${surroundings}: leave them out. (docker run --env-file keeps them.)`);
    else if (name === 'ADMIN_KEY' && isCleanWhenTrimmed(trimmed))
      warnings.push(`${name} has ${surroundings}. It is taken without, because no HTTP header can carry it.`);
    else
      warnings.push(
        `${name} has ${surroundings}. It is taken as it is: whoever has it without is refused. Take that away, or make sure that both ends have it.`,
      );
  }
  return { values, errors, warnings };
}

/** Nothing is left that could be seen at neither end. */
function isCleanWhenTrimmed(trimmed: string): boolean {
  return describeEdges(trimmed) === null;
}

function describeEdges(value: string): string | null {
  if (isQuoted(value.trim())) return 'quotes around it';
  const [first = '', last = ''] = [[...value][0], [...value].at(-1)];
  if (INVISIBLE_CHARACTER.test(last)) return `${characterNameOf(last)} behind it`;
  return INVISIBLE_CHARACTER.test(first) ? `${characterNameOf(first)} before it` : null;
}

function isQuoted(value: string): boolean {
  const [first = ''] = value;
  return value.length > 1 && `"'\`“‘`.includes(first) && `"'\`”’`.includes(value.at(-1) ?? ' ');
}

function characterNameOf(character: string): string {
  return EDGE_CHARACTER_NAMES.find(([kind]) => kind.test(character))?.[1] ?? 'a character that is not seen';
}
