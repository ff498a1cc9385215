/** Promise: the build shortens no property name that anybody but the widget's own code reads. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { INTERNAL_PROPERTIES } from '../internal-properties.mjs';

const OWN_FOLDERS = ['../src/', '../../client/src/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const ROOTS = ['loader/index.ts', 'entry.ts', 'extras/index.ts', 'notifications/index.tsx'];

/** Names that the browser calls on a custom element; no type of the DOM declares them. */
const CUSTOM_ELEMENT_NAMES = [
  'observedAttributes',
  'connectedCallback',
  'disconnectedCallback',
  'attributeChangedCallback',
];

type FoundNames = { own: Set<string>; foreign: Set<string>; texts: Set<string> };

/** Names of properties in the widget's own code, in all other code and types that it uses, and its string literals. */
function findNames(): FoundNames {
  const found: FoundNames = { own: new Set(), foreign: new Set(CUSTOM_ELEMENT_NAMES), texts: new Set() };
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['source'],
    jsx: ts.JsxEmit.ReactJSX,
    jsxImportSource: 'preact',
    types: [],
  };
  const roots = ROOTS.map((path) => `${OWN_FOLDERS[0]}${path}`);
  const program = ts.createProgram(roots, options, ts.createCompilerHost(options, true));
  for (const file of program.getSourceFiles()) {
    const isOwn = OWN_FOLDERS.some((folder) => file.fileName.startsWith(folder));
    collectNames(file, isOwn, found);
  }
  return found;
}

function collectNames(node: ts.Node, isOwn: boolean, found: FoundNames): void {
  // A type names keys and leaves nothing in the bundle; other code's types may name what the wire carries.
  if (ts.isStringLiteralLike(node) && !(isOwn && ts.isLiteralTypeNode(node.parent)))
    found.texts.add(node.text);
  const name = propertyNameOf(node);
  if (name !== null) (isOwn ? found.own : found.foreign).add(name);
  if (isOwn) for (const exported of exportedNamesOf(node)) found.foreign.add(exported);
  node.forEachChild((child) => collectNames(child, isOwn, found));
}

/** The build keeps the names of exports, and `import()` answers with them as properties. */
function exportedNamesOf(node: ts.Node): string[] {
  if (ts.isExportSpecifier(node)) return [node.name.text];
  if (!ts.canHaveModifiers(node)) return [];
  if (!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.map(({ name }) => name.getText());
  const isValue = ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
  return isValue && node.name ? [node.name.text] : [];
}

/** Variables of other code count as well: in `lib.dom.d.ts` they are properties of the window. */
function propertyNameOf(node: ts.Node): string | null {
  const declaresProperty =
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isAccessor(node) ||
    ts.isPropertyAssignment(node) ||
    ts.isShorthandPropertyAssignment(node);
  const declaresGlobal =
    (ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node)) &&
    node.getSourceFile().isDeclarationFile;
  if (!declaresProperty && !declaresGlobal) return null;
  return node.name && ts.isIdentifier(node.name) ? node.name.text : null;
}

describe('internal property names', () => {
  const { own, foreign, texts } = findNames();

  it('sees the sources of the widget, the client, the protocol and the DOM', () => {
    for (const name of ['isInvalid', 'reconnectNow']) assert.ok(own.has(name), name);
    for (const name of ['clientId', 'tokenProvider', 'scrollTop', 'ActionToolbar'])
      assert.ok(foreign.has(name), name);
    assert.ok(texts.has('chatty-chat'));
  });

  it('are all in use, so that the list does not outlive the code', () => {
    assert.deepEqual(
      INTERNAL_PROPERTIES.filter((name) => !own.has(name)),
      [],
    );
  });

  it('belong to no other code (the protocol, the host’s settings, Preact, the DOM) and to no export', () => {
    assert.deepEqual(
      INTERNAL_PROPERTIES.filter((name) => foreign.has(name)),
      [],
    );
  });

  it('are never written as text, which the build would not shorten', () => {
    assert.deepEqual(
      INTERNAL_PROPERTIES.filter((name) => texts.has(name)),
      [],
    );
  });
});
