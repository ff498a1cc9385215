// What the chat told the page and what the page told the chat, newest first.

import { make, say } from './dom.js';

/** More lines than this are of no use, and cost. */
const MOST = 200;

export function makeLog(list) {
  const add = (kind, name, detail) => {
    const now = new Date();
    const time = `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
    list.prepend(
      make(
        'li',
        { className: kind, 'data-name': name },
        make('time', { dateTime: now.toISOString() }, time),
        make('b', {}, name),
        make('span', {}, detail),
      ),
    );
    while (list.children.length > MOST) list.lastElementChild.remove();
    list.dataset.empty = '';
  };
  const clear = () => {
    list.replaceChildren();
    list.dataset.empty = say({ ko: '아직 이벤트가 없습니다.', en: 'No events yet.' });
  };
  clear();
  return {
    event: (name, detail) => add('event', name, detail === undefined ? '' : write(detail)),
    call: (name, values) => add('call', `${name}(${values.map(write).join(', ')})`, ''),
    clear,
  };
}

/** As one would write it in a script; a token is not for reading. */
function write(value) {
  if (value === null || typeof value !== 'object') return short(JSON.stringify(value));
  const parts = Object.entries(value).map(([name, each]) => `${name}: ${write(each)}`);
  return `{ ${parts.join(', ')} }`;
}

function short(text = 'undefined') {
  return /^"eyJ/.test(text) ? `${text.slice(0, 10)}…"` : text;
}
