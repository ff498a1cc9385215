/** Kimpga: a Korean site of crypto prices, with the chat next to the price table. The prices are samples. */

import { kimpgaAccounts } from './accounts.js';
import { html, type SafeHtml } from './html.js';
import type { LoginError, SiteDefinition } from './site.js';

type Coin = { symbol: string; name: string; price: number; premium: number; change: number; volume: number };

/** Price in KRW, premium and change in percent, volume in 억원. */
const sampleCoins: Coin[] = [
  { symbol: 'BTC', name: '비트코인', price: 142_350_000, premium: 1.82, change: 2.41, volume: 8_421 },
  { symbol: 'ETH', name: '이더리움', price: 4_862_000, premium: 1.95, change: 3.07, volume: 5_210 },
  { symbol: 'XRP', name: '리플', price: 3_415, premium: 2.1, change: -1.26, volume: 7_894 },
  { symbol: 'SOL', name: '솔라나', price: 291_400, premium: 1.77, change: 4.85, volume: 2_963 },
  { symbol: 'DOGE', name: '도지코인', price: 418.2, premium: 2.34, change: -0.57, volume: 3_172 },
  { symbol: 'ADA', name: '에이다', price: 1_184, premium: 1.91, change: 0.85, volume: 1_204 },
  { symbol: 'TRX', name: '트론', price: 441.7, premium: 1.64, change: 0.32, volume: 866 },
  { symbol: 'LINK', name: '체인링크', price: 27_930, premium: 1.88, change: -2.14, volume: 745 },
  { symbol: 'AVAX', name: '아발란체', price: 41_250, premium: 1.79, change: 1.48, volume: 512 },
  { symbol: 'SUI', name: '수이', price: 5_214, premium: 2.05, change: 6.12, volume: 1_688 },
  { symbol: 'DOT', name: '폴카닷', price: 6_318, premium: 1.7, change: -0.94, volume: 298 },
  { symbol: 'BCH', name: '비트코인캐시', price: 768_500, premium: 1.58, change: 0.41, volume: 387 },
  { symbol: 'ETC', name: '이더리움클래식', price: 29_840, premium: 1.73, change: -1.62, volume: 421 },
  { symbol: 'ATOM', name: '코스모스', price: 7_042, premium: 1.86, change: 1.09, volume: 164 },
];

const loginErrors: Record<LoginError, string> = {
  wrong: '아이디 또는 비밀번호가 맞지 않습니다.',
  brake: '여러 번 틀렸습니다. 1분 뒤에 다시 시도해 주세요.',
};

export const kimpga: SiteDefinition = {
  id: 'kimpga',
  accounts: kimpgaAccounts,
  chatMount: '#chat',
  renderPage,
  renderLogin,
};

function renderPage(nickname: string | null, embed: SafeHtml): SafeHtml {
  return renderDocument(
    'Kimpga · 김치 프리미엄',
    html`${renderHeader(nickname)}
<main>
  <section class="market">
    <div class="headline">
      <h1>김치 프리미엄</h1>
      <span class="sample">예시 데이터</span>
    </div>
    <dl class="figures">
      <div><dt>평균 김프</dt><dd class="up">+1.87%</dd></div>
      <div><dt>환율 (USD/KRW)</dt><dd>1,382.40</dd></div>
      <div><dt>24시간 거래대금</dt><dd>3조 4,045억</dd></div>
      <div><dt>공포·탐욕</dt><dd>64 <small>탐욕</small></dd></div>
    </dl>
    <table>
      <thead><tr><th scope="col">이름</th><th scope="col">현재가</th><th scope="col">김프</th><th scope="col">전일대비</th><th scope="col" class="wide">거래대금</th></tr></thead>
      <tbody>${sampleCoins.map(renderCoinRow)}</tbody>
    </table>
  </section>
  <aside id="chat" aria-label="채팅"></aside>
</main>
${embed}`,
  );
}

function renderCoinRow({ symbol, name, price, premium, change, volume }: Coin): SafeHtml {
  const signed = (value: number) => `${value > 0 ? '+' : ''}${value.toFixed(2)}%`;
  return html`<tr data-price="${price}">
  <th scope="row"><b>${name}</b> <span>${symbol}</span></th>
  <td class="price">${price.toLocaleString('ko-KR')}</td>
  <td class="premium">${signed(premium)}</td>
  <td class="${change < 0 ? 'down' : 'up'}">${signed(change)}</td>
  <td class="wide">${volume.toLocaleString('ko-KR')}억</td>
</tr>`;
}

function renderLogin(fault: LoginError | null): SafeHtml {
  return renderDocument(
    '로그인 · Kimpga',
    html`${renderHeader(null)}
<main class="narrow">
  <form class="login" method="post" action="/login">
    <h1>로그인</h1>
    ${fault === null ? '' : html`<p class="fault" role="alert">${loginErrors[fault]}</p>`}
    <label>아이디<input name="id" autocomplete="username" required autofocus></label>
    <label>비밀번호<input name="password" type="password" autocomplete="current-password" required></label>
    <button type="submit">로그인</button>
    <p class="help">체험용 계정: <code>minsu</code> / <code>kimpga-minsu</code>, <code>jiyoung</code> / <code>kimpga-jiyoung</code></p>
  </form>
</main>`,
  );
}

function renderHeader(nickname: string | null): SafeHtml {
  const account =
    nickname === null
      ? html`<a class="button" href="/login">로그인</a>`
      : html`<span class="me">${nickname}</span><form method="post" action="/logout"><button type="submit">로그아웃</button></form>`;
  return html`<header class="top">
  <a class="brand" href="/">Kimp<b>ga</b></a>
  <nav><a href="/" aria-current="page">시세</a><a href="/">뉴스</a><a href="/">커뮤니티</a></nav>
  <div class="account">${account}</div>
</header>`;
}

function renderDocument(title: string, body: SafeHtml): SafeHtml {
  return html`<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/site.css">
<script src="/site.js" defer></script>
</head>
<body>
${body}
</body>
</html>
`;
}
