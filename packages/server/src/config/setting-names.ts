/** Reports unknown and renamed settings, and suggests what was probably meant. */

/** Variables of the demo, PostgreSQL's client, Node and Docker Compose that may be in the same file. */
const FOREIGN_NAME_PATTERN =
  /^(?:KIMPGA_PORT|OTHERSHOP_PORT|PLAYGROUND_PORT|CHATTY_URL|CHATTY_INTERNAL_URL|TZ|PG[A-Z]+|NODE_[A-Z_]+|COMPOSE_[A-Z_]+)$/;

/** Names that other programs use for our settings. */
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

/** Former names of settings. A start refuses them: `UNLISTED_PROJECTS=refuse` without effect would open the server. */
const CURRENT_NAME_BY_FORMER: Record<string, string> = {
  ADDRESS_BURST: 'ADDRESS_EVENT_BURST',
  ADDRESS_PER_SECOND: 'ADDRESS_EVENTS_PER_SECOND',
  BAD_TOKENS_PER_MINUTE: 'INVALID_TOKENS_PER_MINUTE',
  COOL_DOWN_SECONDS: 'RATE_LIMIT_COOLDOWN_SECONDS',
  PROJECT_PER_SECOND: 'PROJECT_EVENTS_PER_SECOND',
  REFUSALS_ALLOWED: 'RATE_LIMIT_STRIKES',
  SECRETS_KEY: 'SECRETS_ENCRYPTION_KEY',
  STRANGERS: 'UNAUTHENTICATED_CONNECTIONS',
  STRANGERS_PER_ADDRESS: 'UNAUTHENTICATED_CONNECTIONS_PER_ADDRESS',
  UNLISTED_PROJECTS: 'UNREGISTERED_PROJECTS',
};

/** One sentence for each former name that is set; an empty value counts as unset. */
export function renamedSettingErrors(environment: Record<string, string | undefined>): string[] {
  return Object.entries(CURRENT_NAME_BY_FORMER)
    .filter(([name]) => environment[name]?.trim())
    .map(([name, current]) => `${name} was renamed to ${current}. Set ${current} instead.`);
}

/**
 * One sentence for each unknown name. In the environment, which is full of other programs' variables, only names that resemble
 * a setting are reported.
 */
export function unknownNameWarnings(options: {
  names: readonly string[];
  fileEntries: readonly { name: string; line: number }[];
  environment: Record<string, string | undefined>;
}): string[] {
  const { names, fileEntries, environment } = options;
  const isKnown = (name: string) =>
    names.includes(name) || Object.hasOwn(CURRENT_NAME_BY_FORMER, name) || FOREIGN_NAME_PATTERN.test(name);
  const warnings: string[] = [];
  for (const { name, line } of fileEntries) {
    if (isKnown(name)) continue;
    const suggestion = nearestName(name, names);
    warnings.push(
      `${name} in line ${line} of .env is not a known setting.${suggestion ? ` Did you mean ${suggestion}?` : ''}`,
    );
  }
  for (const name of Object.keys(environment)) {
    const suggestion = isKnown(name) ? null : nearestName(name, names);
    if (suggestion !== null && environment[suggestion] === undefined)
      warnings.push(`${name} in the environment is not a known setting. Did you mean ${suggestion}?`);
  }
  return warnings;
}

function nearestName(name: string, names: readonly string[]): string | null {
  if (Object.hasOwn(SETTING_BY_ALIAS, name)) return SETTING_BY_ALIAS[name] ?? null;
  // In a short word, one different letter makes another word: HOME is not HOST.
  const maxDistance = name.length < 5 ? 0 : name.length < 8 ? 1 : 2;
  const normalized = name.toUpperCase().replaceAll('-', '_');
  return names.find((candidate) => editDistance(normalized, candidate, maxDistance) <= maxDistance) ?? null;
}

/** Damerau-Levenshtein distance; if it exceeds `maxDistance`, any larger number. */
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
