/** What the browser stories stand on: a Chromium, and a page of a host with a strict content security policy. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type Browser, chromium } from 'playwright-core';
import { waitUntil } from '../../support/server.js';

type CleanupContext = Pick<TestContext, 'after'>;

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(context: CleanupContext): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
  });
  context.after(() => browser.close());
  return browser;
}

/** A site whose pages hold the widget of `chat`; answers the address of the page for a token and more params. */
export async function serveHostSite(
  context: CleanupContext,
  chat: string,
): Promise<(token: string, params?: Record<string, unknown>) => string> {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-page' ${chat}`,
    `connect-src ${chat} ${chat.replace('http', 'ws')}`,
    "style-src 'self'",
    'img-src https:',
  ].join('; ');
  const site = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
    if (pathname === '/page.css') {
      response.setHeader('content-type', 'text/css');
      response.end('html, body, #chat { height: 100%; margin: 0; }');
      return;
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('content-security-policy', policy);
    const params = (searchParams.get('params') ?? '{}').replaceAll('<', '\\u003c');
    response.end(
      `<!doctype html><html lang="ko"><meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css"><body><div id="chat"></div><script nonce="page">window.params = ${params}</script><script nonce="page" src="${chat}/widget.js"></script>`,
    );
  }).listen(0, '127.0.0.1');
  context.after(() => {
    site.closeAllConnections();
    site.close();
  });
  await waitUntil(() => site.listening, 'the site');
  const { port } = site.address() as AddressInfo;
  return (token, params = {}) =>
    `http://127.0.0.1:${port}/?params=${encodeURIComponent(JSON.stringify({ mount: '#chat', ...params, token }))}`;
}
