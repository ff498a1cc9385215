/** Knows which origins any project lets in, without looking at all projects for each request. */

/** What of a project decides which origins it lets in. */
type Project = {
  readonly row: { readonly origins: readonly string[] };
  readonly settings: { readonly nullOrigin: boolean };
};

export type KnownOrigins = {
  /** Whether pages of this origin may speak to any of the projects. */
  has(origin: string): boolean;
  /** @param before null: the project is new */
  replace(before: Project | null, after: Project): void;
};

/** Of a page that has no origin: a WebView, a sandboxed frame. */
const NO_ORIGIN = 'null';
/** What an origin is counted under that every project with an empty list lets in. No origin is written so. */
const ANY = '*';

/** @param production whether an empty list of origins lets nobody in, instead of everybody */
export function createKnownOrigins({ production }: { production: boolean }): KnownOrigins {
  /** How many projects let it in. */
  const counts = new Map<string, number>();

  function originsOf({ row, settings }: Project): Set<string> {
    const origins = new Set(row.origins);
    if (settings.nullOrigin) origins.add(NO_ORIGIN);
    if (row.origins.length === 0 && !production) origins.add(ANY);
    return origins;
  }

  function add(project: Project, one: 1 | -1): void {
    for (const origin of originsOf(project)) {
      const count = (counts.get(origin) ?? 0) + one;
      if (count > 0) counts.set(origin, count);
      else counts.delete(origin);
    }
  }

  return {
    has: (origin) => counts.has(ANY) || (origin !== ANY && counts.has(origin)),
    replace(before, after) {
      if (before) add(before, -1);
      add(after, 1);
    },
  };
}
