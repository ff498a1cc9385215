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
  { id: 'place', label: { ko: '위치와 모양', en: 'Position and look' } },
  { id: 'notice', label: { ko: '알림', en: 'Notifications' } },
  { id: 'style', label: { ko: '색과 글꼴', en: 'Colours and font' } },
  { id: 'site', label: { ko: '사이트', en: 'Host site' } },
];

export const LOCALES = [
  ['', { ko: '페이지와 같게', en: 'Same as the page' }],
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
  ['mentions', { ko: '멘션과 답장', en: 'Mentions and replies' }],
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
    label: { ko: '새 토큰 자동으로 받기', en: 'Fetch a new token automatically' },
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
      en: 'A room of the project setting rooms.',
    },
  },
  {
    ...{ name: 'mount', group: 'place', goes: 'params', kind: 'choice', fallback: '' },
    label: { ko: '위치', en: 'Position' },
    options: [
      ['', { ko: '화면 구석 버튼', en: 'Docked' }],
      ['#chat', { ko: '페이지 안', en: 'Inline' }],
    ],
  },
  {
    ...{ name: 'position', group: 'place', goes: 'params', kind: 'choice', fallback: 'right' },
    label: { ko: '버튼 방향', en: 'Side of the bubble' },
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
    hint: { ko: '사이트 상단 메뉴의 값은 10입니다.', en: 'The site’s header uses 10.' },
  },
  {
    ...{ name: 'autoload', group: 'place', goes: 'params', kind: 'switch', fallback: true },
    label: { ko: '자동으로 표시', en: 'Show automatically' },
    hint: {
      ko: '끄면 사이트의 버튼을 눌러 init()을 호출할 때 표시됩니다.',
      en: 'Off: the chat appears when a button of the site calls init().',
    },
  },
  {
    ...{ name: 'profiles', group: 'place', goes: 'params', kind: 'switch', fallback: false },
    label: { ko: '이름 클릭', en: 'Clickable names' },
    hint: {
      ko: '이름을 누르면 profileClick 이벤트가 발생합니다.',
      en: 'A click fires the event profileClick.',
    },
  },
  {
    ...{ name: 'titleBadge', group: 'notice', goes: 'params', kind: 'switch', fallback: false },
    label: { ko: '탭 제목에 안 읽은 메시지 수', en: 'Unread count in the title' },
    hint: {
      ko: '채팅이 닫혀 있거나 다른 탭을 보는 동안 셉니다.',
      en: 'Counts while the chat is closed or another tab is active.',
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
    hint: { ko: '방문자가 채팅창에서 직접 켭니다.', en: 'The visitor turns them on in the chat.' },
  },
  colour('--chatty-accent', '#2962e8', { ko: '강조색', en: 'Accent' }),
  {
    ...colour('--chatty-on-accent', '#ffffff', { ko: '강조색 위의 글자', en: 'Text on the accent' }),
    hint: {
      ko: '지정하지 않으면 검정과 흰색 중 더 잘 보이는 색을 씁니다.',
      en: 'If unset: black or white, whichever has more contrast.',
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
    label: { ko: '글쓰기 방향', en: 'Text direction' },
    code: '<html dir>',
    options: [
      ['ltr', { ko: '왼쪽에서 오른쪽', en: 'Left to right' }],
      ['rtl', { ko: '오른쪽에서 왼쪽', en: 'Right to left' }],
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
