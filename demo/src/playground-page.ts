/** Renders the two pages of the playground: the controls, and the site with the chat in its frame. */

import { html, type SafeHtml } from './html.js';
import type { Language } from './simulated-users.js';

const pageStrings = {
  ko: {
    title: 'Chatty 플레이그라운드',
    name: '플레이그라운드',
    lead: '채팅의 모든 설정을 바로 바꿔 보고, 마음에 들면 코드를 가져가세요.',
    skip: '미리보기로 건너뛰기',
    languages: '언어',
    scheme: '어두운 화면',
    settings: '설정',
    reset: '처음으로',
    preview: '미리보기',
    crowd: '가상 참여자 부르기',
    reload: '새로고침',
    width: '화면 너비',
    wide: '데스크톱',
    phone: '휴대폰',
    methods: '메서드',
    log: '이벤트 기록',
    clear: '지우기',
    snippet: '코드',
    copy: '복사',
    noscript: '플레이그라운드는 JavaScript가 필요합니다.',
  },
  en: {
    title: 'Chatty playground',
    name: 'Playground',
    lead: 'Try every setting of the chat live, then take the code with you.',
    skip: 'Skip to the preview',
    languages: 'Language',
    scheme: 'Dark page',
    settings: 'Settings',
    reset: 'Reset',
    preview: 'Preview',
    crowd: 'Simulate visitors',
    reload: 'Reload',
    width: 'Width of the screen',
    wide: 'Desktop',
    phone: 'Phone',
    methods: 'Methods',
    log: 'Event log',
    clear: 'Clear',
    snippet: 'Code',
    copy: 'Copy',
    noscript: 'The playground needs JavaScript.',
  },
} as const;

const embeddedSites = {
  ko: {
    title: '물결 매거진',
    nav: ['이야기', '산책', '식탁'],
    start: '채팅 시작',
    kicker: '이번 주의 산책',
    heading: '느리게 걷는 바닷가 마을',
    paragraphs: [
      '첫차에서 내리면 소금 냄새가 먼저 마중을 나옵니다. 골목은 좁고 담장은 낮아서, 걷는 사람은 자연스레 인사를 나누게 됩니다.',
      '등대까지는 천천히 걸어 사십 분. 중간에 있는 찻집은 아침 일곱 시에 문을 열고, 창가 자리는 늘 먼저 온 사람의 것입니다.',
    ],
    cards: ['파도가 잔잔한 아침', '오래된 빵집의 창문', '등대지기의 하루'],
  },
  en: {
    title: 'Ripple Magazine',
    nav: ['Stories', 'Walks', 'Table'],
    start: 'Start the chat',
    kicker: 'Walk of the week',
    heading: 'A slow day in a village by the sea',
    paragraphs: [
      'Get off the first bus and the smell of salt comes to meet you. The lanes are narrow and the walls are low, so people who walk here end up saying hello.',
      'It is forty slow minutes to the lighthouse. The tea house half-way opens at seven, and the seat by the window belongs to whoever comes first.',
    ],
    cards: ['A morning with a calm sea', 'The old bakery window', 'A day with the keeper'],
  },
} as const;

export function renderPlaygroundPage(language: Language, chattyUrl: string, projectId: string): SafeHtml {
  const say = pageStrings[language];
  return html`<html lang="${language}" data-chat="${chattyUrl}" data-project="${projectId}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${say.title}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/site.css">
<link rel="stylesheet" href="/panels.css">
<script type="module" src="/app.js"></script>
</head>
<body>
<a class="skip" href="#preview">${say.skip}</a>
<header class="top">
  <h1><img src="/icon.svg" alt="" width="32" height="32"> Chatty <span>${say.name}</span></h1>
  <p>${say.lead}</p>
  <nav aria-label="${say.languages}">${languageLink('ko', '한국어', language)}${languageLink('en', 'English', language)}</nav>
  <button type="button" id="scheme" class="icon" aria-label="${say.scheme}" title="${say.scheme}"></button>
</header>
<noscript><p class="noscript">${say.noscript}</p></noscript>
<main>
  <section class="settings card" aria-labelledby="settings-title">
    <div class="head"><h2 id="settings-title">${say.settings}</h2><button type="button" id="reset">${say.reset}</button></div>
    <form id="settings" autocomplete="off"></form>
  </section>
  <div class="view">
    <section class="preview card" id="preview" tabindex="-1" aria-label="${say.preview}">
      <div class="bar">
        <span class="tab" id="tab"></span>
        <fieldset class="segments" id="width"><legend class="hidden">${say.width}</legend>
          <label><input type="radio" name="width" value="wide" checked><span>${say.wide}</span></label>
          <label><input type="radio" name="width" value="phone"><span>${say.phone}</span></label>
        </fieldset>
        <button type="button" id="reload">${say.reload}</button>
        <button type="button" id="crowd" class="primary">${say.crowd}</button>
      </div>
      <div class="device" id="device"><iframe id="stage" title="${say.preview}"></iframe></div>
    </section>
    <section class="methods card" aria-labelledby="methods-title">
      <h2 id="methods-title">${say.methods}</h2>
      <div id="methods"></div>
    </section>
    <div class="pair">
      <section class="card" aria-labelledby="log-title">
        <div class="head"><h2 id="log-title">${say.log}</h2><button type="button" id="clear">${say.clear}</button></div>
        <div class="lines" role="log" aria-live="off" aria-labelledby="log-title" tabindex="0"><ol id="log"></ol></div>
      </section>
      <section class="card" aria-labelledby="snippet-title">
        <div class="head"><h2 id="snippet-title">${say.snippet}</h2><button type="button" id="copy">${say.copy}</button></div>
        <pre id="snippet" tabindex="0" aria-labelledby="snippet-title"></pre>
      </section>
    </div>
  </div>
</main>
<p class="news" id="news" role="status"></p>
</body>
</html>
`;
}

function languageLink(language: Language, text: string, current: Language): SafeHtml {
  return html`<a href="/?lang=${language}" lang="${language}" ${language === current ? html`aria-current="true"` : ''}>${text}</a>`;
}

/** What it is to look like and what the chat is told is said by the page around it: `stage.js`. */
export function renderStagePage(language: Language, chattyUrl: string): SafeHtml {
  const { title, nav, start, kicker, heading, paragraphs, cards } = embeddedSites[language];
  return html`<html lang="${language}" data-chat="${chattyUrl}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/stage.css">
<script src="/stage.js" defer></script>
</head>
<body>
<header aria-label="${title}"><b>${title}</b><nav>${nav.map((each) => html`<span>${each}</span>`)}</nav><button type="button" id="start" hidden>${start}</button></header>
<main aria-label="${heading}">
  <article>
    <div class="sea"></div>
    <small>${kicker}</small>
    <h1>${heading}</h1>
    ${paragraphs.map((each) => html`<p>${each}</p>`)}
    <ul>${cards.map((each) => html`<li><div class="sea"></div>${each}</li>`)}</ul>
  </article>
  <aside id="chat"></aside>
</main>
</body>
</html>
`;
}
