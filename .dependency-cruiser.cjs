/** Which package, and which folder of the server, may import which: docs/contributing/architecture.md has the picture. */

const SERVER = '^packages/server/src/';

/** The folders of the server, the lowest layer first. A file imports its own layer's folder and those before it, never those after. */
const LAYERS = [
  ['runtime'],
  ['store'],
  ['config', 'projects', 'cluster'],
  ['moderation'],
  ['auth'],
  ['connections'],
  ['limits'],
  ['messages'],
  ['rooms'],
  ['gateway', 'doctor'],
  ['http'],
  ['transport'],
];

const foldersAbove = (index) => LAYERS.slice(index + 1).flat();

/** One rule a layer: nothing of it imports a higher one, nor what assembles the server. */
const layerRules = LAYERS.map((folders, index) => ({
  name: `layer-of-${folders.join('-')}`,
  severity: 'error',
  from: { path: `${SERVER}(${folders.join('|')})/` },
  to: {
    path: `${SERVER}(${['(app|main|index|testing)\\.ts$', ...foldersAbove(index).map((name) => `${name}/`)].join('|')})`,
  },
}));

/** Folders of one layer do not know each other, but where one is named here. */
const SAME_LAYER = [
  { name: 'gateway-and-doctor', from: `${SERVER}gateway/`, to: `${SERVER}doctor/` },
  { name: 'doctor-and-gateway', from: `${SERVER}doctor/`, to: `${SERVER}gateway/` },
];

/** What a package may import of ours; by its entries only (`no-deep-imports`). */
const PACKAGES = {
  protocol: [],
  'text-filter': [],
  'embedded-postgres': [],
  embed: [],
  token: ['protocol'],
  client: ['protocol'],
  widget: ['protocol', 'client', 'embed'],
  cli: ['protocol', 'server'],
  server: ['protocol', 'text-filter', 'embedded-postgres'],
};

const packageRules = Object.entries(PACKAGES).map(([name, allowed]) => ({
  name: `package-${name}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: `^(packages/(?!(${[name, ...allowed].join('|')})/)|demo/|test/|bench/)` },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-folder-cycles',
      severity: 'error',
      scope: 'folder',
      from: { path: SERVER },
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      // The emoji of each language are made by the build.
      to: { couldNotResolve: true, pathNot: '^emoji-data:' },
    },
    {
      name: 'no-deep-imports',
      comment: 'A package is imported by `.`, `./react` or `./testing`, never by file.',
      severity: 'error',
      from: { path: '^(packages/([^/]+)|demo|test|bench)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^packages/$2/', '^packages/[^/]+/src/(index|testing|react)\\.ts$'],
      },
    },
    {
      name: 'testing-entries-are-for-tests',
      severity: 'error',
      from: { path: '^(packages/[^/]+/src|demo/src)/' },
      to: { path: '^packages/[^/]+/src/testing\\.ts$' },
    },
    ...packageRules,
    ...layerRules,
    ...SAME_LAYER.map(({ name, from, to }) => ({
      name,
      severity: 'error',
      from: { path: from },
      to: { path: to },
    })),
    {
      name: 'only-app-imports-a-concrete-store',
      severity: 'error',
      from: { path: SERVER, pathNot: `${SERVER}(app|testing|store/postgres/.*)\\.ts$` },
      to: { path: `${SERVER}store/postgres/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-transport-knows-its-libraries',
      severity: 'error',
      from: { path: SERVER, pathNot: `${SERVER}transport/` },
      to: { path: 'node_modules/(socket\\.io|ws|@types/ws)/' },
    },
    {
      name: 'client-and-widget-without-socket-io',
      severity: 'error',
      from: { path: '^packages/(client|widget)/src/' },
      to: { path: 'socket\\.io' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.css'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|^bench/peers/entries/' },
  },
};
