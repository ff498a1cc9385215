/** Finds names of settings that nobody reads, and what was probably meant. */

/** Read by the demo, by PostgreSQL's client, by Node, or by Docker Compose from the same file. */
const OTHERS =
  /^(?:KIMPGA_PORT|OTHERSHOP_PORT|PLAYGROUND_PORT|CHATTY_URL|CHATTY_INNER_URL|TZ|PG[A-Z]+|NODE_[A-Z_]+|COMPOSE_[A-Z_]+)$/;

/** What other programs call what is meant. */
const ALIASES: Record<string, string> = {
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
export function warnOfNames(options: {
  names: readonly string[];
  file: readonly { name: string; line: number }[];
  environment: Record<string, string | undefined>;
}): string[] {
  const { names, file, environment } = options;
  const known = (name: string) => names.includes(name) || OTHERS.test(name);
  const warnings: string[] = [];
  for (const { name, line } of file) {
    if (known(name)) continue;
    const meant = nearest(name, names);
    warnings.push(
      `${name} in line ${line} of .env is none of the settings${meant ? `: did you mean ${meant}?` : '.'}`,
    );
  }
  for (const name of Object.keys(environment)) {
    const meant = known(name) ? null : nearest(name, names);
    if (meant !== null && environment[meant] === undefined)
      warnings.push(`${name} in the environment is none of the settings: did you mean ${meant}?`);
  }
  return warnings;
}

function nearest(name: string, names: readonly string[]): string | null {
  if (Object.hasOwn(ALIASES, name)) return ALIASES[name] ?? null;
  // A typing error in a short word makes another word: HOME is not HOST.
  const most = name.length < 5 ? 0 : name.length < 8 ? 1 : 2;
  const plain = name.toUpperCase().replaceAll('-', '_');
  return names.find((each) => distance(plain, each, most) <= most) ?? null;
}

/** Letters to be changed, added, left out or exchanged with their neighbour; beyond `most` any larger number. */
function distance(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let at = 1; at <= other.length; at += 1) {
      const same = one[row - 1] === other[at - 1];
      next[at] = Math.min((next[at - 1] ?? 0) + 1, (last[at] ?? 0) + 1, (last[at - 1] ?? 0) + (same ? 0 : 1));
      if (row > 1 && at > 1 && one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1])
        next[at] = Math.min(next[at] ?? 0, (before[at - 2] ?? 0) + 1);
    }
    [before, last] = [last, next];
  }
  return last[other.length] ?? 0;
}
