/** Makes the page of a peer: its packages from npm in a folder of its own, its entry bundled, and how many bytes that is. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { CHECKED_ON, type Peer } from './peers.js';

/** What a browser fetches before one can read and write. */
export type BundleSize = { requests: number; gzip: number; brotli: number };
export type BuiltPeer = { out: string; script: string; style: string | null; size: BundleSize };

const ENTRY_FOLDER = fileURLToPath(new URL('entries/', import.meta.url));
/** Milliseconds one installation may take. */
const BUILD_TIMEOUT_MS = 240_000;
const OUTPUT_FILES = ['svg', 'png', 'gif', 'mp3', 'woff', 'woff2', 'ttf', 'eot'];

export function measureBundleSize(files: string[]): BundleSize {
  const size: BundleSize = { requests: files.length, gzip: 0, brotli: 0 };
  for (const file of files) {
    const bytes = readFileSync(file);
    size.gzip += gzipSync(bytes, { level: 9 }).length;
    size.brotli += brotliCompressSync(bytes).length;
  }
  return size;
}

/** Rejects when npm cannot install it or esbuild cannot build it. */
export async function buildPeer({ entry, packages }: Peer, folder: string): Promise<BuiltPeer> {
  mkdirSync(folder, { recursive: true });
  if (Object.keys(packages).length > 0 && !existsSync(join(folder, 'node_modules'))) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages }));
    // No script of a foreign package runs here.
    const flags = [
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `--before=${CHECKED_ON}`,
    ];
    await promisify(execFile)('npm', ['install', ...flags], { cwd: folder, timeout: BUILD_TIMEOUT_MS });
  }
  // Beside its packages, so that it finds those and not the ones of this project.
  const source = join(folder, entry);
  cpSync(join(ENTRY_FOLDER, entry), source);
  const { metafile } = await build({
    entryPoints: [source],
    absWorkingDir: folder,
    outdir: join(folder, 'out'),
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    conditions: ['production', 'module'],
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    loader: Object.fromEntries(OUTPUT_FILES.map((ending) => [`.${ending}`, 'file'])),
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'error',
    metafile: true,
  });
  const { scripts, style } = bytesLoadedAtStart(metafile, entry);
  const files = style === null ? scripts : [...scripts, style];
  return {
    out: join(folder, 'out'),
    script: basename(scripts[0] ?? ''),
    style: style === null ? null : basename(style),
    size: measureBundleSize(files.map((file) => join(folder, file))),
  };
}

/** The entry first, then the chunks it imports at once, and its style; what comes by `import()` comes later. */
function bytesLoadedAtStart(
  { outputs }: Metafile,
  source: string,
): { scripts: string[]; style: string | null } {
  const entry = Object.keys(outputs).find((file) => outputs[file]?.entryPoint === source);
  if (entry === undefined) throw new Error('nothing was built');
  const scripts = new Set([entry]);
  for (const file of scripts)
    for (const { kind, path } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement') scripts.add(path);
  return { scripts: [...scripts], style: outputs[entry]?.cssBundle ?? null };
}
