// Every method of the chat as a button, with a choice beside it where it takes one.

import { make, say } from './dom.js';
import { LOCALES, THEMES } from './settings.js';

const METHODS = [
  { name: 'init', group: 0 },
  { name: 'destroy', group: 0 },
  { name: 'open', group: 1 },
  { name: 'close', group: 1 },
  { name: 'toggle', group: 1 },
  { name: 'show', group: 2 },
  { name: 'hide', group: 2 },
  { name: 'identify', group: 3 },
  { name: 'logout', group: 3 },
  {
    name: 'setLocale',
    group: 4,
    options: LOCALES,
    label: { ko: 'setLocale의 언어', en: 'Language of setLocale' },
  },
  { name: 'setTheme', group: 4, options: THEMES, label: { ko: 'setTheme의 테마', en: 'Theme of setTheme' } },
];

/** `press(name, value)` hears of each press; `value` is undefined where the method takes no choice. */
export function makeMethods(place, press) {
  for (const group of new Set(METHODS.map((each) => each.group))) {
    const buttons = METHODS.filter((each) => each.group === group).map((each) => makeMethod(each, press));
    place.append(make('div', { className: 'group' }, ...buttons));
  }
}

function makeMethod({ name, options, label }, press) {
  const given = { type: 'button', 'data-method': name };
  if (!options) return make('button', { ...given, onclick: () => press(name) }, `${name}()`);
  const choices = options.map(([value, words]) => make('option', { value }, say(words)));
  const choice = make('select', { 'aria-label': say(label) }, ...choices);
  const button = make('button', { ...given, onclick: () => press(name, choice.value) }, `${name}()`);
  return make('span', { className: 'joined' }, button, choice);
}
