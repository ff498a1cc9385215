/** Formats numbers, plural forms and names in a sentence with Intl, so that string tables hold text only. */

type PluralForms = { [Rule in Intl.LDMLPluralRule]?: string } & { other: string };

export type Grammar = {
  number(count: number): string;
  /** The form a number asks for, `#` in it being the number. */
  plural(forms: PluralForms): (count: number) => string;
  /** A name within a sentence: where it may run against the sentence's direction, in isolation from it. */
  isolate(text: string): string;
};

const RIGHT_TO_LEFT_SCRIPT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

export function createGrammar(tag: string, dir: 'ltr' | 'rtl'): Grammar {
  const numbers = new Intl.NumberFormat(tag);
  const rules = new Intl.PluralRules(tag);
  return {
    number: (count) => numbers.format(count),
    plural: (forms) => (count) =>
      (forms[rules.select(count)] ?? forms.other).replace('#', () => numbers.format(count)),
    isolate: (value) => (dir === 'rtl' || RIGHT_TO_LEFT_SCRIPT.test(value) ? `\u2068${value}\u2069` : value),
  };
}
