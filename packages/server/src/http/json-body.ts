/** Reads JSON bodies of bounded depth: what is nested deeper costs every reader behind it far more than its bytes. */

import type { FastifyInstance } from 'fastify';

/** Deepest nesting of a body: nothing that is asked for here has more than four levels. */
const BODY_DEPTH = 16;

/** A body that is too deep is answered as one that is no JSON. */
export function acceptJsonBodies(api: FastifyInstance): void {
  const parse = api.getDefaultJsonParser('error', 'error');
  api.removeContentTypeParser('application/json');
  api.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isShallowJson(body, BODY_DEPTH)) return parse(request, body, done);
    done(Object.assign(new Error('The body is nested too deeply.'), { statusCode: 400 }));
    return undefined;
  });
}

/** Whether brackets outside of strings are never nested deeper. Linear; the text may be no JSON. */
export function isShallowJson(text: string, most: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at];
    if (unit === '\\') at += quoted ? 1 : 0;
    else if (unit === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (unit === '[' || unit === '{') depth += 1;
    else if (unit === ']' || unit === '}') depth -= 1;
    if (depth > most) return false;
  }
  return true;
}
