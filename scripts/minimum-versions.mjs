/** Decides which versions of what faces the network are too old, by the advisories that were fixed in later ones. */

/** @type {Record<string, [floor: string, because: string]>} */
export const MINIMUM_VERSIONS = {
  'engine.io': ['6.6.10', 'CVE-2026-102599, CVE-2026-59725, CVE-2026-59724, CVE-2023-31125, CVE-2022-21676'],
  'socket.io': ['4.8.0', 'CVE-2024-38355'],
  'socket.io-parser': ['4.2.7', 'CVE-2026-69185, CVE-2026-33151, CVE-2023-32695, CVE-2022-2421'],
  ws: ['8.21.1', 'CVE-2026-62389, CVE-2026-48779, CVE-2026-45736, CVE-2024-37890, CVE-2021-32640'],
  cookie: ['0.7.0', 'CVE-2024-47764'],
  esbuild: ['0.25.0', 'GHSA-67mh-4wv8-2f99'],
  fastify: ['5.7.3', 'CVE-2026-25223, CVE-2026-25224'],
  'find-my-way': ['9.0.1', 'CVE-2024-45813'],
  jose: ['4.15.5', 'CVE-2024-28176'],
  pg: ['7.1.2', 'CVE-2017-16082'],
  'xmlhttprequest-ssl': ['1.6.2', 'CVE-2020-28502, CVE-2021-31597'],
};

/** @typedef {{ name?: string, version?: string, link?: boolean }} Entry one installed package of a lockfile */

/**
 * Every copy counts, also one that only another package sees. A package that is not there at all is a fault as well:
 * its floor would hold nothing.
 * @param {{ packages?: Record<string, Entry> }} lock package-lock.json, version 2 or 3
 * @param {Record<string, [floor: string, because: string]>} minimumVersions
 * @returns {string[]} what is wrong, a sentence each
 */
export function findOutdatedPackages(lock, minimumVersions = MINIMUM_VERSIONS) {
  const copies = Object.entries(lock.packages ?? {}).map(([path, entry]) => ({
    path,
    version: entry.version,
    // An alias is installed under another name and says its own.
    name: entry.name ?? path.split('node_modules/').at(-1),
  }));
  return Object.entries(minimumVersions).flatMap(([name, [floor, because]]) => {
    const found = copies.filter((copy) => copy.name === name);
    if (found.length === 0) return [`${name} is not in the lockfile: its floor ${floor} holds nothing`];
    return found
      .filter(({ version }) => version === undefined || isBelow(version, floor))
      .map(({ path, version = 'no version' }) => `${path}: ${version} is below ${floor} (${because})`);
  });
}

/**
 * Compares by number, so 6.6.10 is above 6.6.9; a pre-release is below its release. What is no version is below all.
 * @param {string} version
 * @param {string} minimumVersion
 */
export function isBelow(version, minimumVersion) {
  const own = parseVersion(version);
  const least = parseVersion(minimumVersion);
  if (least === null) throw new Error(`${minimumVersion} is not a version`);
  if (own === null) return true;
  for (const [index, part] of least.numbers.entries()) {
    const difference = (own.numbers[index] ?? 0) - part;
    if (difference !== 0) return difference < 0;
  }
  return own.early && !least.early;
}

/** @param {string} version */
function parseVersion(version) {
  const parts = /^(\d+)\.(\d+)\.(\d+)(-[\w.-]+)?(\+[\w.-]+)?$/.exec(version);
  return parts && { numbers: parts.slice(1, 4).map(Number), early: parts[4] !== undefined };
}
