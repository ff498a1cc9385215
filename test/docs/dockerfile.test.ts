/** Promise: the files that the Dockerfile names exist, and npm finds every workspace's package.json in the image. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCKERFILE = readFileSync(`${ROOT}Dockerfile`, 'utf8');

/** `COPY a b target/` without the target; copies between stages name what a build made. */
const copiedFiles = [...DOCKERFILE.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
  (match[1] ?? '').split(' '),
);

it('every file that the Dockerfile copies into the build exists', () => {
  assert.ok(copiedFiles.length > 3);
  assert.deepEqual(
    copiedFiles.filter((path) => !existsSync(`${ROOT}${path}`)),
    [],
  );
});

it('the folders that the image keeps, and the sources of the programs it runs, exist', () => {
  const folders = [...DOCKERFILE.matchAll(/^COPY --from=build \/app\/(packages|demo) /gm)].map(
    (match) => match[1] ?? '',
  );
  assert.deepEqual(folders, ['packages', 'demo']);
  const compiled = [...DOCKERFILE.matchAll(/^CMD \["node", "(.+)"\]$/gm)].map((match) => match[1] ?? '');
  const sources = compiled.map((path) => path.replace('/dist/', '/src/').replace(/\.js$/, '.ts'));
  const links = [...DOCKERFILE.matchAll(/ln -s \/app\/(\S+)/g)].map((match) => match[1] ?? '');
  assert.ok(sources.length === 2 && links.length === 1);
  assert.deepEqual(
    [...folders, ...sources, ...links].filter((path) => !existsSync(`${ROOT}${path}`)),
    [],
  );
});

it('the package.json of every workspace is copied before npm ci', () => {
  const beforeInstall = DOCKERFILE.slice(0, DOCKERFILE.indexOf('RUN npm ci'));
  const packages = readdirSync(`${ROOT}packages`).map((name) => `packages/${name}`);
  const workspaces = [...packages, 'demo'].filter((path) => existsSync(`${ROOT}${path}/package.json`));
  assert.deepEqual(
    workspaces.filter((path) => !beforeInstall.includes(`COPY ${path}/package.json ${path}/\n`)),
    [],
  );
});
