// How this page makes elements and which of its two languages it speaks.

export const language = document.documentElement.lang === 'ko' ? 'ko' : 'en';

/** Of `{ ko, en }` the one that is spoken; anything else is the same in both. */
export const say = (words) => words?.[language] ?? words;

/** An element; `on...` of `given` are listeners, properties are set as such, anything else is an attribute. */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const find = (id) => document.getElementById(id);
