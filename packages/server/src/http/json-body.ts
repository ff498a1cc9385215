/** Parses JSON bodies of limited depth: deeply nested values cost later readers far more than their size in bytes. */

import type { FastifyInstance } from 'fastify';

/** Deepest nesting of a body: nothing that is asked for here has more than four levels. */
const MAX_BODY_DEPTH = 16;

/** A body that is too deep is answered as one that is no JSON. */
export function registerJsonParser(api: FastifyInstance): void {
  const parse = api.getDefaultJsonParser('error', 'error');
  api.removeContentTypeParser('application/json');
  api.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (isWithinJsonDepth(body, MAX_BODY_DEPTH)) return parse(request, body, done);
    done(Object.assign(new Error('The body is nested too deeply.'), { statusCode: 400 }));
    return undefined;
  });
}

/** Whether brackets outside of strings are never nested deeper. Linear; the text may be no JSON. */
function isWithinJsonDepth(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\\') index += isInString ? 1 : 0;
    else if (character === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > maxDepth) return false;
  }
  return true;
}
