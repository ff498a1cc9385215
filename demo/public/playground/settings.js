// Every setting, a row each: how it is asked for, what it is when nothing is said, and where its value goes.
//
// kind  `choice` of `options`, `switch`, `text`, `number`, `colour` or `css`
// goes  `visitor` decides the token, `params` is a setting of the chat, `style` a CSS property of the host's page, `sheet` a
//       rule of its style sheet, `site` the host's page itself
// live  the method that applies it at once; a setting without one is read when the page is loaded, so the page is

import { say } from './dom.js';

const projectId = document.documentElement.dataset.project;

export const GROUPS = [
  { id: 'visitor', label: { ko: '방문자', en: 'Visitor' } },
  { id: 'place', label: { ko: '자리와 모양', en: 'Place and look' } },
  { id: 'notice', label: { ko: '알림', en: 'Notices' } },
  { id: 'style', label: { ko: '색과 글꼴', en: 'Colours and font' } },
  { id: 'site', label: { ko: '사이트', en: 'The site around it' } },
];

export const LOCALES = [
  ['', { ko: '페이지 언어', en: 'As the page' }],
  ['ko', '한국어'],
  ['en', 'English'],
  ['ja', '日本語'],
  ['zh', '中文'],
  ['es', 'Español'],
  ['ar', 'العربية'],
];

export const THEMES = [
  ['auto', { ko: '자동', en: 'Auto' }],
  ['light', { ko: '밝게', en: 'Light' }],
  ['dark', { ko: '어둡게', en: 'Dark' }],
];

const OCCASIONS = [
  ['', { ko: '끔', en: 'Off' }],
  ['mentions', { ko: '나를 부를 때', en: 'When called' }],
  ['all', { ko: '모두', en: 'All' }],
];

const EXAMPLE = `chatty-chat::part(bubble) {
  border-radius: 4px;
}
chatty-chat::part(header) {
  border-bottom: 3px solid hotpink;
}`;

export const SETTINGS = [
  {
    ...{ name: 'kind', group: 'visitor', goes: 'visitor', kind: 'choice', fallback: 'member' },
    label: { ko: '누구인가요?', en: 'Who is it?' },
    code: 'token',
    options: [
      ['member', { ko: '회원', en: 'Member' }],
      ['guest', { ko: '비회원', en: 'Guest' }],
      ['expired', { ko: '만료됨', en: 'Expired' }],
      ['forged', { ko: '위조됨', en: 'Forged' }],
    ],
  },
  {
    ...{ name: 'username', group: 'visitor', goes: 'visitor', kind: 'text' },
    fallback: say({ ko: '민수', en: 'Minsu' }),
    label: { ko: '이름', en: 'Name' },
    code: 'username',
  },
  {
    ...{ name: 'tokenProvider', group: 'visitor', goes: 'params', kind: 'switch', fallback: false },
    label: { ko: '새 토큰을 스스로 받아 오기', en: 'Fetch a new token by itself' },
    hint: { ko: '만료된 토큰과 함께 켜 보세요.', en: 'Try it with an expired token.' },
  },
  {
    ...{ name: 'projectId', group: 'visitor', goes: 'params', kind: 'text', fallback: projectId, kept: true },
    label: { ko: '비회원에게 보여 줄 프로젝트', en: 'Project shown to guests' },
  },
  {
    ...{ name: 'room', group: 'visitor', goes: 'params', kind: 'text', fallback: '' },
    label: { ko: '방', en: 'Room' },
    placeholder: 'main',
    hint: {
      ko: '프로젝트 설정 rooms에 있는 방입니다.',
      en: 'One that the setting rooms of the project has.',
    },
  },
  {
    ...{ name: 'mount', group: 'place', goes: 'params', kind: 'choice', fallback: '' },
    label: { ko: '자리', en: 'Place' },
    options: [
      ['', { ko: '구석의 버튼', en: 'Docked' }],
      ['#chat', { ko: '페이지 안', en: 'Inline' }],
    ],
  },
  {
    ...{ name: 'position', group: 'place', goes: 'params', kind: 'choice', fallback: 'right' },
    label: { ko: '버튼의 쪽', en: 'Side of the bubble' },
    options: [
      ['left', { ko: '왼쪽', en: 'Left' }],
      ['right', { ko: '오른쪽', en: 'Right' }],
    ],
  },
  {
    ...{ name: 'locale', group: 'place', goes: 'params', kind: 'choice', fallback: '', live: 'setLocale' },
    label: { ko: '언어', en: 'Language' },
    options: LOCALES,
  },
  {
    ...{ name: 'theme', group: 'place', goes: 'params', kind: 'choice', fallback: 'auto', live: 'setTheme' },
    label: { ko: '테마', en: 'Theme' },
    options: THEMES,
  },
  {
    ...{ name: 'zIndex', group: 'place', goes: 'params', kind: 'number', fallback: '' },
    label: { ko: '쌓이는 순서', en: 'Stacking order' },
    placeholder: '2147483000',
    hint: { ko: '사이트의 머리글은 10입니다.', en: 'The header of the site has 10.' },
  },
  {
    ...{ name: 'autoload', group: 'place', goes: 'params', kind: 'switch', fallback: true },
    label: { ko: '바로 나타나기', en: 'Appears by itself' },
    hint: {
      ko: '끄면 사이트의 버튼이 init()을 부를 때 나타납니다.',
      en: 'Off: it appears when a button of the site calls init().',
    },
  },
  {
    ...{ name: 'profiles', group: 'place', goes: 'params', kind: 'switch', fallback: false },
    label: { ko: '누를 수 있는 이름', en: 'Names can be pressed' },
    hint: { ko: '누르면 사이트가 profileClick을 듣습니다.', en: 'Pressed, the site hears profileClick.' },
  },
  {
    ...{ name: 'titleBadge', group: 'notice', goes: 'params', kind: 'switch', fallback: false },
    label: { ko: '탭 제목에 안 읽은 수', en: 'Unread count in the title' },
    hint: {
      ko: '채팅을 닫거나 다른 탭으로 가 있으면 셉니다.',
      en: 'It counts while the chat is closed or another tab is in front.',
    },
  },
  {
    ...{ name: 'sound', group: 'notice', goes: 'params', kind: 'choice', fallback: '' },
    label: { ko: '소리', en: 'Sound' },
    options: OCCASIONS,
  },
  {
    ...{ name: 'notifications', group: 'notice', goes: 'params', kind: 'choice', fallback: '' },
    label: { ko: '브라우저 알림', en: 'Browser notifications' },
    options: OCCASIONS,
    hint: { ko: '방문자가 채팅 안에서 켭니다.', en: 'The visitor turns them on, within the chat.' },
  },
  colour('--chatty-accent', '#2962e8', { ko: '강조색', en: 'Accent' }),
  {
    ...colour('--chatty-on-accent', '#ffffff', { ko: '강조색 위의 글자', en: 'Text on the accent' }),
    hint: {
      ko: '고르지 않으면 검정과 흰색 가운데 더 잘 보이는 색입니다.',
      en: 'Black or white, whichever stands out more, where none is chosen.',
    },
  },
  colour('--chatty-background', '#ffffff', { ko: '배경', en: 'Background' }),
  colour('--chatty-text', '#16181d', { ko: '글자', en: 'Text' }),
  {
    ...{ name: '--chatty-font', group: 'style', goes: 'style', kind: 'text', fallback: '' },
    label: { ko: '글꼴', en: 'Font' },
    placeholder: 'Georgia, serif',
  },
  {
    ...{ name: 'css', group: 'style', goes: 'sheet', kind: 'css', fallback: '', example: EXAMPLE },
    label: { ko: '세부 모양', en: 'Details' },
    code: '::part()',
    placeholder: 'chatty-chat::part(bubble) { … }',
  },
  {
    ...{ name: 'dir', group: 'site', goes: 'site', kind: 'choice', fallback: 'ltr' },
    label: { ko: '쓰는 방향', en: 'Direction' },
    code: '<html dir>',
    options: [
      ['ltr', { ko: '왼쪽부터', en: 'Left to right' }],
      ['rtl', { ko: '오른쪽부터', en: 'Right to left' }],
    ],
  },
];

function colour(name, shown, label) {
  return { name, group: 'style', goes: 'style', kind: 'colour', fallback: '', shown, label };
}

export const defaults = () => Object.fromEntries(SETTINGS.map(({ name, fallback }) => [name, fallback]));

/** What was chosen and is not what it is anyway, of the rows that go there. */
export function chosen(values, goes) {
  return SETTINGS.filter((row) => row.goes === goes && values[row.name] !== row.fallback).map((row) => [
    row.name,
    row.kind === 'number' ? Number(values[row.name]) : values[row.name],
  ]);
}

/** The values an address of this page stands for. */
export function readAddress(hash) {
  const said = new URLSearchParams(hash.slice(1));
  const values = defaults();
  for (const { name, kind, options, fallback } of SETTINGS) {
    const text = said.get(name);
    if (text === null) continue;
    if (kind === 'switch') values[name] = text === 'true';
    else if (!options || options.some(([value]) => value === text)) values[name] = text;
    else values[name] = fallback;
  }
  return values;
}

export function writeAddress(values) {
  const rows = SETTINGS.filter(({ name, fallback }) => values[name] !== fallback);
  return `${new URLSearchParams(rows.map(({ name }) => [name, values[name]]))}`;
}
