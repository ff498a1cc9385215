/** How a language counts, measures and names within a sentence; by Intl, so that a table holds words alone. */

type Forms = { [Rule in Intl.LDMLPluralRule]?: string } & { other: string };

export type Grammar = {
  number(count: number): string;
  /** The form a number asks for, `#` in it being the number. */
  plural(forms: Forms): (count: number) => string;
  /** A name within a sentence: where it may run against the sentence's direction, in isolation from it. */
  name(text: string): string;
};

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

export function createGrammar(tag: string, dir: 'ltr' | 'rtl'): Grammar {
  const numbers = new Intl.NumberFormat(tag);
  const rules = new Intl.PluralRules(tag);
  return {
    number: (count) => numbers.format(count),
    plural: (forms) => (count) =>
      (forms[rules.select(count)] ?? forms.other).replace('#', () => numbers.format(count)),
    name: (text) => (dir === 'rtl' || RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text),
  };
}
