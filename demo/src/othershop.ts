/** Othershop: a small English shop that knows nothing of Kimpga, with the chat docked in the corner. */

import { othershopAccounts } from './accounts.js';
import { type Html, html } from './html.js';
import type { LoginFault, Site } from './site.js';

type Product = { name: string; art: string; note: string; price: string };

const products: Product[] = [
  { name: 'Everyday mug', art: 'mug.svg', note: 'Stoneware, oat glaze, 320 ml', price: '€ 28' },
  { name: 'Pour-over set', art: 'dripper.svg', note: 'Dripper and server, for two', price: '€ 64' },
  { name: 'Low bowl', art: 'bowl.svg', note: 'Thrown by hand, ash blue', price: '€ 36' },
  { name: 'Bud vase', art: 'vase.svg', note: 'Porcelain, 14 cm', price: '€ 24' },
  { name: 'Serving plate', art: 'plate.svg', note: 'Stoneware, 30 cm', price: '€ 48' },
  { name: 'Teapot', art: 'teapot.svg', note: 'Iron-speckled clay, 0.8 l', price: '€ 82' },
];

const faults: Record<LoginFault, string> = {
  wrong: 'That name or password is not right.',
  brake: 'Too many wrong tries. Please wait a minute.',
};

export const othershop: Site = { id: 'othershop', accounts: othershopAccounts, mount: null, page, login };

function page(nickname: string | null, embed: Html): Html {
  return frame(
    'Othershop · ceramics',
    html`${header(nickname)}
<main>
  <section class="hero"><h1>Made slowly, used daily.</h1><p>Small-batch ceramics from one kiln and two pairs of hands.</p></section>
  <ul class="products">${products.map(card)}</ul>
</main>
${embed}`,
  );
}

function card({ name, art, note, price }: Product): Html {
  return html`<li><img src="/${art}" alt="" width="320" height="240"><h2>${name}</h2><p>${note}</p><b>${price}</b></li>`;
}

function login(fault: LoginFault | null): Html {
  return frame(
    'Log in · Othershop',
    html`${header(null)}
<main class="narrow">
  <form class="login" method="post" action="/login">
    <h1>Log in</h1>
    ${fault === null ? '' : html`<p class="fault" role="alert">${faults[fault]}</p>`}
    <label>Name<input name="id" autocomplete="username" required autofocus></label>
    <label>Password<input name="password" type="password" autocomplete="current-password" required></label>
    <button type="submit">Log in</button>
    <p class="help">Demo accounts: <code>alice</code> / <code>othershop-alice</code>, <code>bob</code> / <code>othershop-bob</code></p>
  </form>
</main>`,
  );
}

function header(nickname: string | null): Html {
  const account =
    nickname === null
      ? html`<a class="button" href="/login">Log in</a>`
      : html`<span class="me">${nickname}</span><form method="post" action="/logout"><button type="submit">Log out</button></form>`;
  return html`<header class="top"><a class="brand" href="/">othershop</a><div class="account">${account}</div></header>`;
}

function frame(title: string, body: Html): Html {
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
