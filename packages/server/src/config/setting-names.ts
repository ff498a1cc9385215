/** Finds names of settings that nobody reads, and what was probably meant. */

/** Read by the demo, by PostgreSQL's client, by Node, or by Docker Compose from the same file. */
const FOREIGN_NAME_PATTERN =
  /^(?:KIMPGA_PORT|OTHERSHOP_PORT|PLAYGROUND_PORT|CHATTY_URL|CHATTY_INNER_URL|TZ|PG[A-Z]+|NODE_[A-Z_]+|COMPOSE_[A-Z_]+)$/;

/** What other programs call what is meant. */
const SETTING_BY_ALIAS: Record<string, string> = {
  DATABASE_HOST: 'DB_HOST',
  DATABASE_PORT: 'DB_PORT',
  DATABASE_URL: 'DB_HOST',
  DB_DATABASE: 'POSTGRES_DB',
  DB_NAME: 'POSTGRES_DB',
  DB_PASS: 'POSTGRES_PASSWORD',
  DB_PASSWORD: 'POSTGRES_PASSWORD',
  DB_USER: 'POSTGRES_USER',
  POSTGRES_HOST: 'DB_HOST',
  POSTGRES_PORT: 'DB_PORT',
};

/**
 * One sentence for each name that is no setting: of a file all of them, of the environment, which is full of others' names,
 * those that are nearly a setting.
 */
export function unknownNameWarnings(options: {
  names: readonly string[];
  fileEntries: readonly { name: string; line: number }[];
  environment: Record<string, string | undefined>;
}): string[] {
  const { names, fileEntries, environment } = options;
  const isKnown = (name: string) => names.includes(name) || FOREIGN_NAME_PATTERN.test(name);
  const warnings: string[] = [];
  for (const { name, line } of fileEntries) {
    if (isKnown(name)) continue;
    const suggestion = nearestName(name, names);
    warnings.push(
      `${name} in line ${line} of .env is none of the settings${suggestion ? `: did you mean ${suggestion}?` : '.'}`,
    );
  }
  for (const name of Object.keys(environment)) {
    const suggestion = isKnown(name) ? null : nearestName(name, names);
    if (suggestion !== null && environment[suggestion] === undefined)
      warnings.push(`${name} in the environment is none of the settings: did you mean ${suggestion}?`);
  }
  return warnings;
}

function nearestName(name: string, names: readonly string[]): string | null {
  if (Object.hasOwn(SETTING_BY_ALIAS, name)) return SETTING_BY_ALIAS[name] ?? null;
  // A typing error in a short word makes another word: HOME is not HOST.
  const maxDistance = name.length < 5 ? 0 : name.length < 8 ? 1 : 2;
  const normalized = name.toUpperCase().replaceAll('-', '_');
  return names.find((candidate) => editDistance(normalized, candidate, maxDistance) <= maxDistance) ?? null;
}

/** Letters to be changed, added, left out or exchanged with their neighbour; beyond `most` any larger number. */
function editDistance(one: string, other: string, maxDistance: number): number {
  if (Math.abs(one.length - other.length) > maxDistance) return maxDistance + 1;
  let [rowBeforeLast, lastRow] = [
    [] as number[],
    Array.from({ length: other.length + 1 }, (_, column) => column),
  ];
  for (let row = 1; row <= one.length; row += 1) {
    const currentRow = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      currentRow[column] = Math.min(
        (currentRow[column - 1] ?? 0) + 1,
        (lastRow[column] ?? 0) + 1,
        (lastRow[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        currentRow[column] = Math.min(currentRow[column] ?? 0, (rowBeforeLast[column - 2] ?? 0) + 1);
    }
    [rowBeforeLast, lastRow] = [lastRow, currentRow];
  }
  return lastRow[other.length] ?? 0;
}
