/**
 * Builds what a page loads: `widget.js`, the loader, one classic script; and below `widget/` the chat itself and what it
 * brings later, as modules whose names change whenever they do, so that browsers may keep them for ever.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, stop, transform } from 'esbuild';
import { minify } from 'terser';
import { emojiData } from './emoji-data.mjs';
import { INTERNAL_PROPERTIES } from './internal-properties.mjs';

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
      // A space that says nothing is left where a custom property is set or read.
      const contents = code.trim().replace(/(--[\w-]+[:,]) /g, '$1');
      return { contents, loader: 'text' };
    });
  },
};

/** @type {import('esbuild').Plugin} */
const jsxFunctions = {
  name: 'imports of the functions that JSX calls',
  setup(bundle) {
    bundle.onLoad({ filter: /\.tsx$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: `import { Fragment, h } from 'preact'; ${source}`, loader: 'tsx' };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  minify: true,
  target: ['es2022', 'safari16'],
  // All of these have them. As calls they would be longer, and stay where nothing asks for them.
  supported: { 'regexp-unicode-property-escapes': true },
  conditions: ['source', 'browser'],
  // Calls of `h` compress better than the objects of the automatic runtime. A tsconfig.json would override `jsx`.
  tsconfigRaw: { compilerOptions: { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'Fragment' } },
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [styles],
  mangleProps: new RegExp(`^(${INTERNAL_PROPERTIES.join('|')})$`),
  // The server names the encoding; escapes would make Korean three times as long.
  charset: 'utf8',
  logLevel: 'warning',
};

/** What the parts that come after the chat share with it: they import it from the chat, which is there already. */
const SHARED =
  /^(preact(\/.*)?|@chatty\/protocol|\.\.\/(panel\/(avatar|icon)|composer\/(message-field|field-hint))\.js)$/;

/** @param {string} id @returns {import('esbuild').Plugin} */
const seams = (id) => ({
  name: 'where one part ends and another begins',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\.\/(extras|notifications)\/index\.js$/ }, ({ path }) => ({
      path: `./${path.split('/')[1]}-${id}.js`,
      external: true,
    }));
    bundle.onResolve({ filter: SHARED }, ({ importer }) =>
      /src[/\\](extras|emoji|notifications)[/\\]/.test(importer)
        ? { path: `./chat-${id}.js`, external: true }
        : undefined,
    );
  },
});

/** A digest of all that is built from: the parts name each other, so their names cannot come from what they hold. */
async function buildId() {
  const hash = createHash('sha256');
  const folders = ['./src', '../client/src', '../protocol/src'].map(here);
  for (const folder of folders)
    for (const entry of (await readdir(folder, { recursive: true, withFileTypes: true })).sort(byPath))
      if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
  for (const file of [
    './build.mjs',
    './emoji-data.mjs',
    './internal-properties.mjs',
    '../../package-lock.json',
  ])
    hash.update(await readFile(here(file)));
  return hash.digest('hex').slice(0, 8);
}

/** @param {import('node:fs').Dirent} one @param {import('node:fs').Dirent} other */
const byPath = (one, other) => (join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1);

/** Says all that was written once more, shorter: terser gives often used names one letter, in an order that packs well. */
async function shorten() {
  const folder = here('./dist/widget');
  const modules = (await readdir(folder)).map((name) => join(folder, name));
  for (const file of [...modules, here('./dist/widget.js')]) {
    const { code } = await minify(await readFile(file, 'utf8'), {
      module: modules.includes(file),
      // Safe here: no function is called with `new` that does not use `this`.
      compress: { passes: 3, unsafe_arrows: true },
      ecma: 2020,
    });
    await writeFile(file, code ?? '');
  }
}

/** Writes the compressed forms (`.br`, `.gz`) that the server sends beside each script: they cost 0.7 s of CPU, once a build. */
async function compress() {
  const folder = here('./dist/widget');
  for (const file of [
    here('./dist/widget.js'),
    ...(await readdir(folder)).map((name) => join(folder, name)),
  ]) {
    const body = await readFile(file);
    const params = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
    await writeFile(`${file}.br`, brotliCompressSync(body, { params }));
    await writeFile(`${file}.gz`, gzipSync(body, { level: 9 }));
  }
}

/** Writes dist/widget.js, dist/widget/ and dist/parts.json, which says what is loaded when. Rejects with esbuild's messages. */
export async function buildWidget() {
  const id = await buildId();
  /** @type {import('esbuild').BuildOptions} */
  const modules = {
    ...common,
    outdir: here('./dist/widget'),
    entryNames: `[name]-${id}`,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    plugins: [styles, jsxFunctions, emojiData, seams(id)],
  };
  await rm(here('./dist/widget'), { recursive: true, force: true });
  const { metafile, mangleCache } = await build({
    ...modules,
    entryPoints: { chat: here('./src/entry.ts') },
    // One digest for all: each of another would be written into the chat.
    chunkNames: `[name]-${id}`,
    metafile: true,
    // esbuild answers with the names it chose only when it is given a cache.
    mangleCache: {},
  });
  if (!mangleCache) throw new Error('esbuild did not say how it shortened the properties');
  // The bundles share objects, so each must shorten a property to the same name.
  const later = { ...modules, mangleCache };
  await build({ ...later, entryPoints: { extras: here('./src/extras/index.ts') } });
  await build({ ...later, entryPoints: { notifications: here('./src/notifications/index.tsx') } });
  await build({
    ...common,
    mangleCache,
    entryPoints: [here('./src/loader/index.ts')],
    outfile: here('./dist/widget.js'),
    format: 'iife',
    define: { ...common.define, CHAT_FILE: JSON.stringify(`chat-${id}.js`) },
  });
  /** @type {Record<string, string>} */
  const languages = {};
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    const name = /languages\/(\w+)\.ts$/.exec(entryPoint ?? '')?.[1];
    if (name) languages[name] = basename(file);
  }
  await shorten();
  await compress();
  const parts = { chat: `chat-${id}.js`, extras: `extras-${id}.js`, languages };
  await writeFile(here('./dist/parts.json'), `${JSON.stringify(parts, null, 2)}\n`);
  // esbuild keeps a helper process otherwise.
  await stop();
}
