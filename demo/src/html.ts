/** Builds HTML from text: every value is escaped unless it is HTML already. */

export class SafeHtml {
  constructor(readonly text: string) {}
}

type HtmlValue = string | number | SafeHtml | readonly SafeHtml[];

export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): SafeHtml {
  return new SafeHtml(
    parts.reduce((text, part, index) => text + renderValue(values[index - 1] ?? '') + part),
  );
}

function renderValue(value: HtmlValue): string {
  if (value instanceof SafeHtml) return value.text;
  if (typeof value === 'object') return value.map(renderValue).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON that may stand in a script element. */
export function scriptJson(value: unknown): SafeHtml {
  return new SafeHtml(
    JSON.stringify(value).replace(
      /[<\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
