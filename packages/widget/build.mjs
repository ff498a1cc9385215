/** Builds widget.js: everything in one minified script, style sheet included, no module loader on the page. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, stop, transform } from 'esbuild';
import { leanSocketIo } from './lean-socket-io.mjs';

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

/** @type {import('esbuild').Plugin} */
const sentences = {
  name: 'codes without the sentences for integrators',
  setup(bundle) {
    // They are in English; the widget has its own in each language.
    bundle.onLoad({ filter: /protocol[/\\]src[/\\]codes\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/message:\s*'[^']*'/g, "message: ''"),
      loader: 'ts',
    }));
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
    plugins: [styles, sentences, leanSocketIo],
    // The server names the encoding; escapes would make Korean three times as long.
    charset: 'utf8',
    // Private names of Socket.IO's client; Preact's come short.
    mangleProps:
      /^(_[a-zA-Z]{3,}|emitReserved|(set|clear)TimeoutFn|writeBuffer|createTransport|sendBuffer|receiveBuffer|supportsBinary)$/,
    mangleQuoted: true,
    logLevel: 'warning',
  });
  // esbuild keeps a helper process otherwise.
  await stop();
}
