/** Reads the header fields that choose an answer. Each reader takes time linear in the field, whatever stands in it. */

export type Encoding = 'br' | 'gzip' | 'identity';

/** Whether `If-None-Match` names this entity tag (RFC 9110 13.1.2: weakly compared). */
export function namesTag(field: string | undefined, tag: string): boolean {
  if (field === undefined) return false;
  return field.split(',').some((part) => {
    const given = part.trim();
    return given === tag || given === '*' || given === `W/${tag}`;
  });
}

/** The smallest encoding that `Accept-Encoding` takes. One with the weight 0 is not taken (RFC 9110 12.5.3). */
export function chooseEncoding(field = ''): Encoding {
  const accepted = new Set<string>();
  for (const part of field.split(',')) {
    const [name = '', ...parameters] = part.split(';');
    if (!parameters.some(isWeightOfNothing)) accepted.add(name.trim().toLowerCase());
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : 'identity';
}

function isWeightOfNothing(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=', 2);
  return name.trim().toLowerCase() === 'q' && Number.parseFloat(value) === 0;
}
