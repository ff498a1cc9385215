// The playground: what is chosen goes to the chat in the frame, and what happens there is shown.

import { find, language, say } from './dom.js';
import { holdFocus } from './focus.js';
import { makeForm } from './form.js';
import { makeLog } from './log.js';
import { makeMethods } from './methods.js';
import { chosen, defaults, readAddress, writeAddress } from './settings.js';
import { showSnippet, snippetOf, textOf } from './snippet.js';

/** Milliseconds within which changes that need the page anew are gathered. */
const GATHER = 200;
/** Milliseconds a sentence about what was done stays. */
const NEWS = 6_000;
const TITLE = document.title;

const url = document.documentElement.dataset.chat;
const frame = find('stage');
const log = makeLog(find('log'));
const { hold, release } = holdFocus(frame, () => values.mount === '');
let values = readAddress(location.hash);
let token = null;
/** Whether the panel of the docked chat is open, and shall be again when the page is loaded anew. */
let isOpen = true;
let reloading;
let telling;
let calling = false;
/** Counts the requests for a token: an answer that was overtaken is dropped. */
let asked = 0;

const show = makeForm(find('settings'), change);
makeMethods(find('methods'), press);

/** What the page says to the chat. */
function settingsOf() {
  const params = Object.fromEntries(chosen(values, 'params'));
  // A guest has to say what to read.
  if (values.kind === 'guest') params.projectId = values.projectId;
  else delete params.projectId;
  return { token, ...params };
}

function lookOf() {
  const [, css = ''] = chosen(values, 'sheet')[0] ?? [];
  return { style: chosen(values, 'style'), css, dir: values.dir };
}

function publish() {
  const hash = writeAddress(values);
  history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
  for (const each of document.querySelectorAll('nav a')) each.hash = hash;
  const params = settingsOf();
  showSnippet(find('snippet'), snippetOf({ values, params, url }));
  frame.dataset.username = values.username;
  frame.dataset.stage = JSON.stringify({ params, look: lookOf() });
  show(values);
}

async function change(row, value) {
  hold();
  values = { ...values, [row.name]: value === '' && row.kept ? row.fallback : value };
  if (row.goes === 'visitor') {
    // A guest, and whoever is one no longer, is told to the page by other settings too.
    const anew = row.name === 'kind' && value === 'guest' && values.projectId !== null;
    return identify(anew);
  }
  publish();
  if (row.live) return call(row.live, [value || null]);
  if (row.goes === 'params') return reload();
  frame.contentWindow.dress?.(lookOf());
}

/** A token for who was chosen, then the chat is told of it. */
async function identify(anew = false) {
  const mine = ++asked;
  const next = await tokenFor(values.username, values.kind);
  if (mine !== asked || next === undefined) return show(values);
  token = next;
  publish();
  if (anew) return reload();
  call(token === null ? 'logout' : 'identify', token === null ? [] : [token]);
}

/** Undefined where there is none, which the visitor has been told then. */
async function tokenFor(username, kind) {
  if (kind === 'guest') return null;
  const answer = await post('/token', { username, kind });
  if (answer.token) return answer.token;
  tell(answer.error ?? say({ ko: '토큰을 받지 못했습니다.', en: 'Could not get a token.' }));
  return undefined;
}

async function post(path, fields) {
  try {
    const answer = await fetch(path, { method: 'POST', body: new URLSearchParams(fields) });
    return { status: answer.status, ...(await answer.json()) };
  } catch {
    return { status: 0 };
  }
}

function call(name, given) {
  const { Chatty, settle } = frame.contentWindow;
  if (typeof Chatty?.[name] !== 'function') return;
  log.call(name, given);
  Chatty[name](...given.map((each) => (name === 'init' ? settle(each) : each)));
}

function press(name, value) {
  // Who opens the chat by its method is taken to it.
  if (name === 'open' || name === 'toggle') release();
  else hold();
  if (name === 'init') return call(name, [settingsOf()]);
  if (value !== undefined) return call(name, [value || null]);
  if (name === 'logout') {
    values = { ...values, kind: 'guest' };
    asked += 1;
    token = null;
    publish();
  }
  if (name === 'identify') {
    values = { ...values, kind: 'member' };
    return identify();
  }
  call(name, []);
}

function reload() {
  clearTimeout(reloading);
  reloading = setTimeout(load, GATHER);
}

function load() {
  clearTimeout(reloading);
  hold();
  const address = `/stage?lang=${language}`;
  if (frame.src === '') frame.src = address;
  else frame.contentWindow.location.replace(address);
}

function tell(sentence) {
  const news = find('news');
  news.textContent = sentence;
  clearTimeout(telling);
  telling = setTimeout(() => news.replaceChildren(), NEWS);
}

/** The site's title stands on its tab here; the count of what is unread also where the visitor's own tab is. */
function entitle(title) {
  const [count = ''] = /^\(\d+\+?\) /.exec(title) ?? [];
  find('tab').textContent = title;
  document.title = count + TITLE;
}

addEventListener('message', ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== location.origin) return;
  if (data.title !== undefined) entitle(data.title);
  if (data.event === undefined) return;
  log.event(data.event, data.detail);
  if (data.event === 'open') isOpen = true;
  if (data.event === 'close') isOpen = false;
  // As a site would send its visitor to its login.
  if (data.event === 'loginRequired') press('identify');
});

frame.addEventListener('load', () => {
  if (frame.contentWindow.location.pathname !== '/stage') return;
  if (isOpen && values.mount === '' && values.autoload) call('open', []);
});

find('width').addEventListener('change', ({ target }) => {
  find('device').dataset.width = target.value;
});
find('reload').addEventListener('click', load);
find('clear').addEventListener('click', log.clear);
find('reset').addEventListener('click', () => {
  values = defaults();
  isOpen = true;
  identify(true);
});
find('crowd').addEventListener('click', async () => {
  // Not disabled meanwhile: the focus would be lost.
  if (calling) return;
  calling = true;
  const { status } = await post(`/crowd?lang=${language}`, { username: values.username });
  calling = false;
  if (status === 202) tell(say({ ko: '네 사람이 대화를 시작했습니다.', en: 'Four people started to chat.' }));
  else if (status === 429) tell(say({ ko: '이미 대화 중입니다.', en: 'They are already chatting.' }));
  else tell(say({ ko: '채팅 서버에 연결하지 못했습니다.', en: 'Could not reach the chat server.' }));
});
find('copy').addEventListener('click', async () => {
  const text = textOf(snippetOf({ values, params: settingsOf(), url }));
  try {
    await navigator.clipboard.writeText(text);
    tell(say({ ko: '코드를 복사했습니다.', en: 'Code copied.' }));
  } catch {
    getSelection().selectAllChildren(find('snippet'));
    tell(
      say({ ko: '코드를 선택했습니다. 직접 복사해 주세요.', en: 'The code is selected. Copy it yourself.' }),
    );
  }
});

/** Brightness of this page: as the system is, or the other one. */
const root = document.documentElement;
const isDark = () => getComputedStyle(root).getPropertyValue('--is-dark') === '1';
const showScheme = () => find('scheme').setAttribute('aria-pressed', String(isDark()));
const darkSystem = matchMedia('(prefers-color-scheme: dark)');
darkSystem.addEventListener('change', showScheme);
showScheme();
find('scheme').addEventListener('click', () => {
  const dark = isDark();
  const system = darkSystem.matches;
  if (system === !dark) delete root.dataset.scheme;
  else root.dataset.scheme = dark ? 'light' : 'dark';
  showScheme();
});

token = (await tokenFor(values.username, values.kind)) ?? null;
publish();
load();
