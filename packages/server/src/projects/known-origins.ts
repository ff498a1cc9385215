/** Counts which origins at least one project allows, so that a request does not search all projects. */

/** What of a project decides which origins it lets in. */
type OriginSource = {
  readonly row: { readonly origins: readonly string[] };
  readonly settings: { readonly nullOrigin: boolean };
};

export type KnownOrigins = {
  /** Whether pages of this origin may speak to any of the projects. */
  has(origin: string): boolean;
  /** @param before null: the project is new */
  update(before: OriginSource | null, after: OriginSource): void;
};

/** Of a page that has no origin: a WebView, a sandboxed frame. */
const OPAQUE_ORIGIN = 'null';
/** What an origin is counted under that every project with an empty list lets in. No origin is written so. */
const ANY_ORIGIN = '*';

/** @param production whether an empty list of origins allows none, instead of all */
export function createKnownOrigins({ production }: { production: boolean }): KnownOrigins {
  /** How many projects let it in. */
  const projectCountByOrigin = new Map<string, number>();

  function originsOf({ row, settings }: OriginSource): Set<string> {
    const origins = new Set(row.origins);
    if (settings.nullOrigin) origins.add(OPAQUE_ORIGIN);
    if (row.origins.length === 0 && !production) origins.add(ANY_ORIGIN);
    return origins;
  }

  function adjustCounts(project: OriginSource, delta: 1 | -1): void {
    for (const origin of originsOf(project)) {
      const count = (projectCountByOrigin.get(origin) ?? 0) + delta;
      if (count > 0) projectCountByOrigin.set(origin, count);
      else projectCountByOrigin.delete(origin);
    }
  }

  return {
    has: (origin) =>
      projectCountByOrigin.has(ANY_ORIGIN) || (origin !== ANY_ORIGIN && projectCountByOrigin.has(origin)),
    update(before, after) {
      if (before) adjustCounts(before, -1);
      adjustCounts(after, 1);
    },
  };
}
