/** Decides what becomes of a setting that has gained something on its way: blanks, line ends, quotes, a byte order mark. */

export type SettingValues = {
  /** Values by name; one that is empty, or blank all through, is not there. */
  values: Record<string, string | undefined>;
  faults: string[];
  warnings: string[];
};

/** Taken as they are, because both ends have to have the same bytes and only the other end knows which. */
const OPAQUE: readonly string[] = ['JWT_SECRET', 'SECRETS_KEY', 'POSTGRES_PASSWORD'];
const KEYS: readonly string[] = [...OPAQUE, 'ADMIN_KEY'];

const NAMES_OF_EDGES: [RegExp, string][] = [
  [/[\n\u2028\u2029]/u, 'a line feed'],
  [/\r/u, 'a carriage return'],
  [/\ufeff/u, 'a byte order mark'],
  [/\s/u, 'a blank'],
];
const UNSEEN = /[\s\p{Cc}\p{Cf}]/u;

/** @param names of all settings; others are left alone */
export function readValues(
  names: readonly string[],
  environment: Record<string, string | undefined>,
): SettingValues {
  const values: Record<string, string | undefined> = {};
  const faults: string[] = [];
  const warnings: string[] = [];
  for (const name of names) {
    const given = environment[name] ?? '';
    const trimmed = given.trim();
    if (trimmed === '') continue;
    const isKey = KEYS.includes(name);
    values[name] = OPAQUE.includes(name) ? given : trimmed;
    const around = isKey ? describeEdges(given) : isQuoted(trimmed) ? 'quotes around it' : null;
    if (around === null) continue;
    if (!isKey) faults.push(`${name} has ${around}: leave them out. (docker run --env-file keeps them.)`);
    else if (name === 'ADMIN_KEY' && isKnownWithout(trimmed))
      warnings.push(`${name} has ${around}. It is taken without, because no HTTP header can carry it.`);
    else
      warnings.push(
        `${name} has ${around}. It is taken as it is: whoever has it without is refused. Take that away, or make sure that both ends have it.`,
      );
  }
  return { values, faults, warnings };
}

/** Nothing is left that could be seen at neither end. */
function isKnownWithout(trimmed: string): boolean {
  return describeEdges(trimmed) === null;
}

function describeEdges(value: string): string | null {
  if (isQuoted(value.trim())) return 'quotes around it';
  const [first = '', last = ''] = [[...value][0], [...value].at(-1)];
  if (UNSEEN.test(last)) return `${nameOf(last)} behind it`;
  return UNSEEN.test(first) ? `${nameOf(first)} before it` : null;
}

function isQuoted(value: string): boolean {
  const [first = ''] = value;
  return value.length > 1 && `"'\`“‘`.includes(first) && `"'\`”’`.includes(value.at(-1) ?? ' ');
}

function nameOf(character: string): string {
  return NAMES_OF_EDGES.find(([kind]) => kind.test(character))?.[1] ?? 'a character that is not seen';
}
