/** Othershop: a small English shop in another project than Kimpga, with the chat docked in the corner. */

import { othershopAccounts } from './accounts.js';
import { html, type SafeHtml } from './html.js';
import type { LoginError, SiteDefinition } from './site.js';

type Product = { name: string; art: string; note: string; price: string };

const sampleProducts: Product[] = [
  { name: 'Everyday mug', art: 'mug.svg', note: 'Stoneware, oat glaze, 320 ml', price: '€ 28' },
  { name: 'Pour-over set', art: 'dripper.svg', note: 'Dripper and server, for two', price: '€ 64' },
  { name: 'Low bowl', art: 'bowl.svg', note: 'Thrown by hand, ash blue', price: '€ 36' },
  { name: 'Bud vase', art: 'vase.svg', note: 'Porcelain, 14 cm', price: '€ 24' },
  { name: 'Serving plate', art: 'plate.svg', note: 'Stoneware, 30 cm', price: '€ 48' },
  { name: 'Teapot', art: 'teapot.svg', note: 'Iron-speckled clay, 0.8 l', price: '€ 82' },
];

const loginErrors: Record<LoginError, string> = {
  wrong: 'That name or password is not right.',
  brake: 'Too many wrong tries. Please wait a minute.',
};

export const othershop: SiteDefinition = {
  id: 'othershop',
  accounts: othershopAccounts,
  chatMount: null,
  renderPage,
  renderLogin,
};

function renderPage(nickname: string | null, embed: SafeHtml): SafeHtml {
  return renderDocument(
    'Othershop · ceramics',
    html`${renderHeader(nickname)}
<main>
  <section class="hero"><h1>Made slowly, used daily.</h1><p>Small-batch ceramics from one kiln and two pairs of hands.</p></section>
  <ul class="products">${sampleProducts.map(renderProductCard)}</ul>
</main>
${embed}`,
  );
}

function renderProductCard({ name, art, note, price }: Product): SafeHtml {
  return html`<li><img src="/${art}" alt="" width="320" height="240"><h2>${name}</h2><p>${note}</p><b>${price}</b></li>`;
}

function renderLogin(fault: LoginError | null): SafeHtml {
  return renderDocument(
    'Log in · Othershop',
    html`${renderHeader(null)}
<main class="narrow">
  <form class="login" method="post" action="/login">
    <h1>Log in</h1>
    ${fault === null ? '' : html`<p class="fault" role="alert">${loginErrors[fault]}</p>`}
    <label>Name<input name="id" autocomplete="username" required autofocus></label>
    <label>Password<input name="password" type="password" autocomplete="current-password" required></label>
    <button type="submit">Log in</button>
    <p class="help">Demo accounts: <code>alice</code> / <code>othershop-alice</code>, <code>bob</code> / <code>othershop-bob</code></p>
  </form>
</main>`,
  );
}

function renderHeader(nickname: string | null): SafeHtml {
  const account =
    nickname === null
      ? html`<a class="button" href="/login">Log in</a>`
      : html`<span class="me">${nickname}</span><form method="post" action="/logout"><button type="submit">Log out</button></form>`;
  return html`<header class="top"><a class="brand" href="/">othershop</a><div class="account">${account}</div></header>`;
}

function renderDocument(title: string, body: SafeHtml): SafeHtml {
  return html`<html lang="en">
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
