/** The arrows of docs/contributing/architecture.md: which package and which file may import which. */

const SERVER = '^packages/server/src/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      // The emoji of each language are made by the build.
      to: { couldNotResolve: true, pathNot: '^emoji-data:' },
    },
    {
      name: 'protocol-imports-nothing',
      severity: 'error',
      from: { path: '^packages/protocol/src' },
      to: { pathNot: '^packages/protocol/src' },
    },
    {
      name: 'token-imports-protocol-only',
      severity: 'error',
      from: { path: '^packages/token/src' },
      to: { path: '^packages/(server|client|widget)|^demo' },
    },
    {
      name: 'client-imports-protocol-only',
      severity: 'error',
      from: { path: '^packages/client/src' },
      to: { path: 'socket\\.io|^packages/(server|widget|token)|^demo' },
    },
    {
      name: 'widget-never-socket-io-or-server',
      severity: 'error',
      from: { path: '^packages/widget/src' },
      to: { path: 'socket\\.io|^packages/(server|token)|^demo' },
    },
    {
      name: 'server-imports-protocol-only',
      severity: 'error',
      from: { path: SERVER },
      to: { path: '^packages/(client|widget|token|cli)|^demo' },
    },
    {
      name: 'cli-imports-the-public-server-entry-only',
      severity: 'error',
      from: { path: '^packages/cli/src' },
      to: { path: '^packages/(client|widget|token|embed)|^packages/server/src/(?!index\\.ts)|^demo' },
    },
    {
      name: 'nothing-imports-demo-or-tests',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { path: '^(demo|test|bench)/' },
    },
    {
      name: 'only-app-imports-a-concrete-store',
      severity: 'error',
      from: { path: SERVER, pathNot: `${SERVER}(app|store/.*)\\.ts$` },
      to: { path: `${SERVER}store/(postgres|embedded)\\.ts$`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-the-ways-in-know-their-library',
      severity: 'error',
      from: {
        path: SERVER,
        pathNot: `${SERVER}transport/(socketio-server|websocket-server|close-timeout|websocket-connection)\\.ts$`,
      },
      to: { path: 'node_modules/(socket\\.io|ws|@types/ws)/' },
    },
    {
      name: 'store-is-the-bottom',
      severity: 'error',
      from: { path: `${SERVER}store/` },
      to: { path: `${SERVER}(app|gateway|http|messages|rooms|room|main)\\.ts$` },
    },
    {
      name: 'downward-only',
      severity: 'error',
      from: { path: `${SERVER}(messages|rooms|room|fan-out|tail|frames|outlet|presence|auth|limits)\\.ts$` },
      to: { path: `${SERVER}(app|gateway|http|main)\\.ts$` },
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
    exclude: { path: '(^|/)dist/' },
  },
};
