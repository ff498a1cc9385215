// The doctor page: asks the server about a token and about what it refused lately, and draws the answers. Key and token
// are in the fields of this page and nowhere else: nothing is stored, and nothing of them is in an address.

import { drawExamination, drawRefusals } from './answer.js';
import { make } from './elements.js';
import { words } from './words.js';

const find = (id) => document.getElementById(id);
const form = document.querySelector('form');
const answer = find('answer');
const languages = [...document.querySelectorAll('.languages button')];

let language = navigator.languages.some((each) => each.startsWith('ko')) ? 'ko' : 'en';
/** What was last answered, so that another language can draw it again. */
let last = { examination: null, refusals: null, project: '', fault: null, busy: false };
/** Of the newest question; an answer to an older one is too late. */
let asked = 0;

function draw() {
  const say = words[language];
  document.documentElement.lang = language;
  document.title = `${say.title} · Chatty`;
  for (const element of document.querySelectorAll('[data-word]'))
    element.textContent = say[element.dataset.word];
  for (const button of languages) button.setAttribute('aria-pressed', String(button.value === language));
  const { examination, refusals, project, fault, busy } = last;
  const parts = [];
  if (fault) parts.push(make('p', { className: 'fault', role: 'alert' }, sentenceOf(fault, say)));
  if (examination) parts.push(drawExamination(examination, language));
  if (refusals) parts.push(drawRefusals(refusals, project, language, look));
  if (parts.length === 0)
    parts.push(
      make(
        'div',
        { className: 'empty' },
        make('p', {}, busy ? say.waiting : say.empty),
        make('p', { className: 'muted' }, say.emptyHint),
      ),
    );
  answer.replaceChildren(...parts);
  answer.setAttribute('aria-busy', String(busy));
}

function sentenceOf({ code, message }, { faults }) {
  return faults[code] ?? message ?? faults.offline;
}

async function ask(method, path, body) {
  const response = await fetch(`api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${find('key').value.trim()}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body ? JSON.stringify(body) : null,
    credentials: 'omit',
    cache: 'no-store',
  }).catch(() => {
    throw { code: 'offline' };
  });
  const told = await response.json().catch(() => ({ code: 'unavailable' }));
  if (!response.ok) throw told;
  return told;
}

/** Draws what `question` answers, unless a newer one has been asked. */
async function show(question) {
  asked += 1;
  const turn = asked;
  last = { ...last, fault: null, busy: true };
  draw();
  const next = await question().catch((fault) => ({ examination: null, refusals: null, fault }));
  if (turn !== asked) return;
  last = { examination: null, refusals: null, fault: null, ...next, busy: false };
  draw();
  // On a phone the answer stands below the form.
  if (answer.getBoundingClientRect().top > innerHeight / 2) answer.scrollIntoView({ block: 'start' });
}

const placeOf = (project) => `/projects/${encodeURIComponent(project)}`;
const recentOf = (project) => ask('GET', project === '' ? '/refusals' : `${placeOf(project)}/refusals`);

function examine() {
  const project = find('project').value.trim();
  const token = find('token').value.trim();
  const origin = find('origin').value.trim();
  return show(async () => {
    if (project === '' || token === '' || find('key').value.trim() === '') throw { code: 'empty' };
    const body = origin === '' ? { token } : { token, origin };
    const examination = await ask('POST', `${placeOf(project)}/doctor`, body);
    return { examination, refusals: await recentOf(project), project };
  });
}

function look() {
  const project = find('project').value.trim();
  return show(async () => {
    if (find('key').value.trim() === '') throw { code: 'emptyKey' };
    const { examination } = last.project === project ? last : { examination: null };
    return { examination, refusals: await recentOf(project), project };
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void examine();
});
form.addEventListener('reset', () => {
  asked += 1;
  last = { examination: null, refusals: null, project: '', fault: null, busy: false };
  draw();
  find('project').focus();
});
find('look').addEventListener('click', () => void look());
for (const button of languages)
  button.addEventListener('click', () => {
    language = button.value;
    draw();
  });
draw();
