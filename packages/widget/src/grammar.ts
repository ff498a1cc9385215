/** How a language counts, measures and names within a sentence; by Intl, so that a table holds words alone. */

type Forms = { [Rule in Intl.LDMLPluralRule]?: string } & { other: string };

export type Grammar = {
  number(count: number): string;
  /** The form a number asks for, `#` in it being the number. */
  plural(forms: Forms): (count: number) => string;
  /** "30 seconds" */
  seconds(count: number): string;
  /** The same in the largest unit that says it exactly: "5 minutes". */
  duration(seconds: number): string;
  /** A name within a sentence: where it may run against the sentence's direction, in isolation from it. */
  name(text: string): string;
};

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

export function createGrammar(tag: string, dir: 'ltr' | 'rtl'): Grammar {
  const numbers = new Intl.NumberFormat(tag);
  const rules = new Intl.PluralRules(tag);
  const measure = (value: number, unit: string) =>
    new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  return {
    number: (count) => numbers.format(count),
    plural: (forms) => (count) =>
      (forms[rules.select(count)] ?? forms.other).replace('#', () => numbers.format(count)),
    seconds: (count) => measure(count, 'second'),
    duration(seconds) {
      const fits = (size: number) => seconds >= size && seconds % size === 0;
      if (fits(3600)) return measure(seconds / 3600, 'hour');
      return fits(60) ? measure(seconds / 60, 'minute') : measure(seconds, 'second');
    },
    name: (text) => (dir === 'rtl' || RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text),
  };
}
