// How an examination and a list of refusals look.

import { make } from './elements.js';
import { words } from './words.js';

const SIGNS = { ok: '✓', notice: '!', failed: '✗', skipped: '–' };
/** Refusals that are shown at first. */
const FEW = 10;

export function drawExamination({ ok, code, checks }, language) {
  const say = words[language];
  const count = (result) => checks.filter((check) => check.result === result).length;
  const [failed, notices] = [count('failed'), count('notice')];
  const sums = [failed > 0 ? say.toFix(failed) : null, notices > 0 ? say.toKnow(notices) : null];
  const sum = sums.filter((each) => each !== null).join(' · ') || say.allGood;
  const title = ok ? say.in : code === null ? say.elsewhere : say.out;
  return make(
    'section',
    { className: 'examination' },
    make(
      'div',
      { className: `verdict ${ok ? 'ok' : 'failed'}` },
      make('span', { className: 'sign', ariaHidden: 'true' }, ok ? SIGNS.ok : SIGNS.failed),
      make(
        'div',
        {},
        make('h2', {}, title),
        make(
          'p',
          {},
          sum,
          code === null ? null : make('span', {}, ` · ${say.code} `, make('code', {}, code)),
        ),
      ),
    ),
    make('h3', { className: 'unseen' }, say.checks),
    make('ul', { className: 'checks' }, ...checks.map((check) => drawCheck(check, language))),
  );
}

function drawCheck({ check, result, title, advice }, language) {
  return make(
    'li',
    { className: result, 'data-check': check },
    make('span', { className: 'sign', ariaHidden: 'true' }, SIGNS[result]),
    make(
      'div',
      {},
      make(
        'strong',
        {},
        title[language],
        make('span', { className: 'unseen' }, ` (${words[language][result]})`),
      ),
      make('p', {}, ...withCommand(advice[language])),
    ),
  );
}

/** A command at the end of a sentence is to be copied. */
function withCommand(text) {
  const [, sentence, command] = /^(.*?)(npm run project -- .+)$/.exec(text) ?? [];
  return command === undefined ? [text] : [sentence, make('code', {}, command)];
}

export function drawRefusals({ refusals, counts, codes }, project, language, refresh) {
  const say = words[language];
  const meaning = (code) => codes[code]?.[language] ?? '';
  const isUnsigned = [...refusals, ...counts].some(({ signed }) => !signed);
  return make(
    'section',
    { className: 'refusals' },
    make(
      'div',
      { className: 'head' },
      make('h2', {}, say.refusals),
      make('button', { type: 'button', onclick: refresh }, say.refresh),
    ),
    make(
      'p',
      { className: 'muted' },
      refusals.length === 0 ? say.noRefusals : project === '' ? say.aboutNobody : say.aboutRefusals(project),
    ),
    ...(refusals.length === 0
      ? []
      : [
          make('h3', {}, say.lastHour),
          counts.length === 0
            ? make('p', { className: 'muted' }, say.noneThisHour)
            : drawCounts(counts, meaning, say),
          make('h3', {}, say.lately),
          drawList(refusals, project, meaning, language),
          isUnsigned ? make('p', { className: 'muted small' }, say.aboutUnsigned) : null,
        ].filter((part) => part !== null)),
  );
}

function drawCounts(counts, meaning, say) {
  const most = Math.max(...counts.map(({ count }) => count));
  const bar = (count) => make('meter', { min: 0, max: most, value: count, ariaHidden: 'true' });
  const rows = counts.map(({ code, origin, signed, count }) =>
    make(
      'tr',
      {},
      make('td', {}, make('code', {}, code), make('span', { className: 'meaning' }, meaning(code))),
      make(
        'td',
        { className: 'origin' },
        origin === 'others' ? say.others : (origin ?? make('span', { className: 'muted' }, say.noOrigin)),
        signed ? null : make('span', { className: 'tag' }, say.unsigned),
      ),
      make('td', { className: 'count' }, bar(count), String(count)),
    ),
  );
  const head = [say.reason, say.origin.replace(/ \(.*\)/, ''), say.count].map((text) =>
    make('th', { scope: 'col' }, text),
  );
  return make('table', {}, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows));
}

function drawList(refusals, project, meaning, language) {
  const say = words[language];
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
  const item = ({ at, event, code, reason, origin, userId, signed, times, project: about }) =>
    make(
      'li',
      {},
      make('time', { dateTime: at }, time.format(new Date(at))),
      make(
        'div',
        {},
        make('code', {}, code),
        ` ${event === 'connection' ? say.connection : event}`,
        times > 1 ? make('span', { className: 'tag' }, `× ${times}`) : null,
        signed ? null : make('span', { className: 'tag' }, say.unsigned),
        make('p', {}, meaning(code)),
        reason === '' ? null : make('p', { className: 'muted small' }, reason),
        make(
          'p',
          { className: 'muted small' },
          [project === '' && about, userId && `${say.user} ${userId}`, origin].filter(Boolean).join(' · '),
        ),
      ),
    );
  const list = make('ol', { className: 'list' }, ...refusals.slice(0, FEW).map(item));
  const rest = refusals.slice(FEW);
  if (rest.length === 0) return list;
  const more = make('button', { type: 'button', className: 'more' }, say.more(rest.length));
  more.addEventListener('click', () => {
    const items = rest.map(item);
    list.append(...items);
    more.remove();
    items[0].tabIndex = -1;
    items[0].focus();
  });
  return make('div', {}, list, more);
}
