/** Serves the widget's scripts, which its build compressed: encoding, caching and 304. */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StartError } from '../runtime/startup-error.js';
import { chooseEncoding, type Encoding, matchesEtag } from './header-fields.js';

type AssetVariant = { body: Buffer; etag: string };
type Asset = Record<Encoding, AssetVariant> & { cacheControl: string };
/** `widget.js`, and the chunks that it loads from below `/widget/`, by file name. */
export type WidgetAssets = { loader: Asset; chunks: ReadonlyMap<string, Asset> };

const WIDGET_BUILD_URL = new URL('../../../widget/dist/', import.meta.url);
/** Five minutes, then usually a 304: a new widget reaches every page soon, and a page view costs one request at most. */
const LOADER_CACHE_CONTROL = 'public, max-age=300, stale-while-revalidate=86400';
/** The names of chunks carry a hash of their content. */
const CHUNK_CACHE_CONTROL = 'public, max-age=31536000, immutable';

/**
 * Reads the scripts and their compressed forms (`.br`, `.gz`) from the widget's build.
 * @throws StartError where the widget has not been built
 */
export async function readWidgetAssets(folder: URL = WIDGET_BUILD_URL): Promise<WidgetAssets> {
  try {
    const loader = await readAsset(new URL('widget.js', folder), LOADER_CACHE_CONTROL);
    const chunkFolder = new URL('widget/', folder);
    const chunks = new Map<string, Asset>();
    for (const name of await readdir(chunkFolder))
      if (name.endsWith('.js'))
        chunks.set(name, await readAsset(new URL(name, chunkFolder), CHUNK_CACHE_CONTROL));
    return { loader, chunks };
  } catch (error) {
    throw new StartError('The widget has not been built: run "npm run build" first.', { cause: error });
  }
}

async function readAsset(file: URL, cacheControl: string): Promise<Asset> {
  const [identity, br, gzip] = await Promise.all(
    ['', '.br', '.gz'].map((suffix) => readFile(new URL(`${file.href}${suffix}`))),
  );
  if (!identity || !br || !gzip) throw new Error(`${file.href} is incomplete`);
  const hash = createHash('sha256').update(identity).digest('base64url').slice(0, 22);
  const variantOf = (encoding: Encoding, body: Buffer) => ({ body, etag: `"${hash}-${encoding}"` });
  return {
    cacheControl,
    br: variantOf('br', br),
    gzip: variantOf('gzip', gzip),
    identity: variantOf('identity', identity),
  };
}

export function sendScript(asset: Asset, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding']);
  const { body, etag } = asset[encoding];
  reply
    .header('content-type', 'text/javascript; charset=utf-8')
    .header('cache-control', asset.cacheControl)
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin')
    .header('timing-allow-origin', '*')
    .header('vary', 'accept-encoding')
    .header('etag', etag);
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.send(body);
}
