/** Host pages that make it hard, on purpose or by age. Each stands for something found on real sites. */

import type { HostPageOptions } from './host-pages.js';

type HostilePage = Omit<HostPageOptions, 'params'> & { name: string; params?: Record<string, unknown> };

/** What a careless style sheet says of everything, against which a chat in the page's own tree has no chance. */
const HOSTILE_STYLES = `
  .nothing, main * { color: inherit }
  * {
    all: revert !important; display: inline-flex !important; position: relative !important; float: left !important;
    color: rgb(255, 0, 0) !important; background: rgb(255, 255, 0) !important; font-size: 31px !important;
    letter-spacing: 7px !important; line-height: 3 !important; text-transform: uppercase !important;
    text-align: right !important; word-spacing: 9px !important; text-indent: 40px !important; cursor: wait !important;
    box-sizing: content-box !important; margin: 7px !important; padding: 9px !important; border: 5px solid lime !important;
    outline: 3px dashed blue !important; opacity: 0.4 !important; visibility: hidden !important; zoom: 1.2 !important;
    transition: all 3s !important; animation: spin 1s infinite !important; pointer-events: none !important;
    user-select: none !important; writing-mode: vertical-rl !important; -webkit-text-fill-color: red !important;
    text-shadow: 2px 2px red !important; white-space: nowrap !important; --accent: red !important; --radius: 0 !important;
  }
  html, body { all: revert !important; }
  chatty-chat, div, section, button, textarea { transform: rotate(4deg) !important; filter: invert(1) !important; }
  @keyframes spin { to { transform: rotate(360deg) } }
`;

/** As Prototype.js and its kind did it: methods of one's own on everything, some under names that are now the language's. */
const PROTOTYPE_PATCHES = `
  const collect = function (take, self) {
    const results = [];
    for (let index = 0; index < this.length; index += 1) results.push(take.call(self, this[index], index));
    return results;
  };
  const toArray = function () { return this.slice(); };
  Object.assign(Array.prototype, {
    map: collect, collect, toArray, entries: toArray, toJSON() { return '[' + this.join() + ']'; },
    first() { return this[0]; }, last() { return this[this.length - 1]; }, each: Array.prototype.forEach,
    find(test, self) { return this.filter(test, self)[0]; },
  });
  Array.from = (list) => {
    if (!list) return [];
    const results = [];
    for (let index = 0; index < (list.length || 0); index += 1) results.push(list[index]);
    return results;
  };
  Object.prototype.extra = 'of the page';
  Object.prototype.each = function () {};
  Object.prototype.toJSON = function () { return 'not JSON'; };
  String.prototype.toJSON = function () { return 'a string'; };
  Date.prototype.toJSON = function () { return 'a date'; };
  const bind = Function.prototype.bind;
  Function.prototype.bind = function (...values) { return bind.apply(this, values); };
  Element.prototype.scrollTo = function () { window.scrollTo(0, 99); return this; };
  Element.prototype.replace = function () {};
`;

const CONFLICTING_GLOBALS = `
  window.io = () => { throw new Error('the io of the page'); };
  window.preact = { render() { throw new Error('the preact of the page'); } };
  window.define = Object.assign(() => { throw new Error('the define of the page'); }, { amd: {} });
  window.module = { exports: {} }; window.exports = window.module.exports;
  window.process = { env: {} }; window.global = window; window.$ = () => null; window.name = 'host';
  window.Chat = 1; window.Emitter = 2; window.customElements.define('host-element', class extends HTMLElement {});
`;

const DOM_CLOBBERING = [
  'Chatty',
  'fetch',
  'location',
  'navigator',
  'history',
  'customElements',
  'WebSocket',
  'Promise',
];

export const HOSTILE_PAGES: HostilePage[] = [
  { name: 'styles', head: `<style>${HOSTILE_STYLES}</style>` },
  { name: 'patched prototypes', head: `<script>{${PROTOTYPE_PATCHES}}</script>` },
  { name: 'other globals', head: `<script>{${CONFLICTING_GLOBALS}}</script>` },
  {
    name: 'clobbered names',
    head: '<base href="https://elsewhere.example/">',
    body: `${DOM_CLOBBERING.map((name) => `<form id="${name}"><input name="q"></form>`).join('')}
      <img name="params" alt=""><img name="currentScript" alt=""><a id="CSSStyleSheet"></a><a id="preact"></a>`,
  },
  {
    name: 'from right to left',
    root: 'lang="ar" dir="rtl"',
    body: '<p dir="rtl">مرحبا</p>',
    params: { locale: 'ko' },
  },
  { name: 'quirks mode', doctype: '', body: '<table><tr><td>no doctype</table>' },
];
