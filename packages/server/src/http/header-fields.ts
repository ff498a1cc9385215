/** Reads the header fields that choose an answer. Each reader takes time linear in the length of the field. */

export type Encoding = 'br' | 'gzip' | 'identity';

/** Whether `If-None-Match` names this entity tag (RFC 9110 13.1.2: weakly compared). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const candidate = part.trim();
    return candidate === etag || candidate === '*' || candidate === `W/${etag}`;
  });
}

/** The smallest encoding that `Accept-Encoding` takes. One with the weight 0 is not taken (RFC 9110 12.5.3). */
export function chooseEncoding(header = ''): Encoding {
  const accepted = new Set<string>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';');
    if (!parameters.some(isZeroWeight)) accepted.add(name.trim().toLowerCase());
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : 'identity';
}

function isZeroWeight(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=', 2);
  return name.trim().toLowerCase() === 'q' && Number.parseFloat(value) === 0;
}
