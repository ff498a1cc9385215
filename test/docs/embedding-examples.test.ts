/** Promise: the TypeScript examples of docs/embed/embedding.md are right by the types a host gets. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What the compiler says of a file that is nowhere but here. */
function faultsOf(code: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    jsx: ts.JsxEmit.ReactJSX,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const name = here('./example.tsx');
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (file) => (file === name ? code : readFile.call(host, file));
  host.fileExists = (file) => file === name || fileExists.call(host, file);
  host.getSourceFile = (file, ...more) =>
    file === name
      ? ts.createSourceFile(file, code, ...(more.slice(0, 1) as [ts.ScriptTarget]))
      : getSourceFile.call(host, file, ...more);
  const program = ts.createProgram([name], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

const text = readFileSync(here('../../docs/embed/embedding.md'), 'utf8');
const examples = [...text.matchAll(/```tsx?\n(.*?)```/gs)].map(([, code = '']) => code);

it('each example compiles', () => {
  assert.equal(examples.length, 2);
  for (const example of examples) assert.deepEqual(faultsOf(example), []);
});

it('unknown events, settings and details do not compile', () => {
  const example = examples.join('\n');
  for (const [right, wrong] of [
    ['onReady', 'onRaedy'],
    ['({ content })', '({ contents })'],
    ["'unread'", "'unred'"],
    ["'auto'", "'autumn'"],
    ['mount:', 'mouunt:'],
  ] as const) {
    assert.ok(example.includes(right), right);
    assert.notEqual(faultsOf(example.replace(right, wrong)).length, 0, wrong);
  }
});
