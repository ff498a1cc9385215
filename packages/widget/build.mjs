/**
 * Builds what a page loads: `widget.js`, the loader, one classic script; and below `widget/` the chat itself and what it
 * brings later, as modules whose names carry a hash of their content, so that browsers may keep them for ever.
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
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

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  minify: true,
  target: ['es2022', 'safari16'],
  conditions: ['source', 'browser'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [styles, sentences],
  // The server names the encoding; escapes would make Korean three times as long.
  charset: 'utf8',
  logLevel: 'warning',
};

/** Writes dist/widget.js, dist/widget/ and dist/parts.json, which says what is loaded when. Rejects with esbuild's messages. */
export async function buildWidget() {
  await rm(here('./dist/widget'), { recursive: true, force: true });
  const { metafile } = await build({
    ...common,
    entryPoints: { chat: here('./src/face.tsx') },
    outdir: here('./dist/widget'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    metafile: true,
  });
  const outputs = Object.entries(metafile.outputs);
  const chat = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('face.tsx'))?.[0] ?? '';
  /** With the chat come the chunks it imports, and theirs. */
  const atOnce = new Set([chat]);
  for (const file of atOnce)
    for (const { path, kind } of metafile.outputs[file]?.imports ?? [])
      if (kind === 'import-statement') atOnce.add(path);
  await build({
    ...common,
    entryPoints: [here('./src/loader/index.ts')],
    outfile: here('./dist/widget.js'),
    format: 'iife',
    plugins: [styles],
    define: { ...common.define, CHAT_FILE: JSON.stringify(basename(chat)) },
  });
  await mkdir(here('./dist'), { recursive: true });
  const names = (/** @type {Iterable<string>} */ files) => [...files].map((file) => basename(file)).sort();
  const later = outputs.map(([file]) => file).filter((file) => !atOnce.has(file));
  await writeFile(
    here('./dist/parts.json'),
    `${JSON.stringify({ atOnce: names(atOnce), later: names(later) }, null, 2)}\n`,
  );
  // esbuild keeps a helper process otherwise.
  await stop();
}
