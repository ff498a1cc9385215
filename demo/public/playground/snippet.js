// The HTML that puts the chat on a page as it was chosen here.

import { make, say } from './dom.js';
import { chosen } from './settings.js';

/** Pieces of the code: text, and `{ token }` for what is shown shortened and copied whole. */
export function snippetOf({ values, params, url }) {
  const inline = params.mount !== undefined;
  const late = params.autoload === false;
  return [
    ...styleOf(values, inline),
    ...(inline ? ['<div id="chat"></div>\n'] : []),
    ...(late ? [`<button id="start-chat">${say({ ko: '채팅 시작', en: 'Start the chat' })}</button>\n`] : []),
    '<script>\n  window.params = {\n',
    ...Object.entries(params).flatMap(([name, value]) => [
      '    ',
      name,
      ': ',
      ...written(name, value),
      ',\n',
    ]),
    '  };\n',
    // In the one script that is there: a page with a strict policy has to allow each of them.
    ...(late ? ['  document.querySelector("#start-chat").onclick = () => Chatty.init();\n'] : []),
    '</script>\n',
    `<script src="${url}/widget.js" defer></script>\n`,
  ];
}

function styleOf(values, inline) {
  const properties = chosen(values, 'style').map(([name, value]) => `    ${name}: ${value};\n`);
  const [, css = ''] = chosen(values, 'sheet')[0] ?? [];
  const rules = [
    properties.length > 0 ? `  :root {\n${properties.join('')}  }\n` : '',
    inline ? '  #chat {\n    height: 560px;\n  }\n' : '',
    css.trim() === '' ? '' : `${css.trim().replace(/^/gm, '  ')}\n`,
  ].join('');
  // No rule may end the element it stands in.
  return rules === '' ? [] : ['<style>\n', rules.replaceAll('</', '<\\/'), '</style>\n'];
}

function written(name, value) {
  if (name === 'token' && value !== null) return ['"', { token: value }, '"'];
  if (name === 'tokenProvider') {
    const words = { ko: '사이트의 URL', en: 'a URL of your site' };
    return [`async () => (await fetch("/chat-token")).text() /* ${say(words)} */`];
  }
  return [JSON.stringify(value).replaceAll('<', '\\u003c')];
}

export const textOf = (pieces) => pieces.map((each) => each.token ?? each).join('');

export function showSnippet(place, pieces) {
  const shown = pieces.map((each) =>
    each.token ? make('span', { className: 'token', title: 'token' }, each.token) : each,
  );
  place.replaceChildren(...shown);
}
