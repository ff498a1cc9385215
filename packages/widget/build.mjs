/** Builds widget.js: everything in one minified script, style sheet included, no module loader on the page. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, stop, transform } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import('esbuild').Plugin} */
const styles = {
  name: 'styles as minified text',
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), {
        loader: 'css',
        minify: true,
        target: 'es2022',
      });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

/** Writes dist/widget.js. Rejects with esbuild's messages. */
export async function buildWidget() {
  await build({
    entryPoints: [here('./src/index.ts')],
    outfile: here('./dist/widget.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['es2022', 'safari16'],
    conditions: ['source', 'browser'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [styles],
    logLevel: 'warning',
  });
  // esbuild keeps a helper process otherwise.
  await stop();
}
