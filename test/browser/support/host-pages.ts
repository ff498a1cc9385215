/** Pages of hosts as one finds them: what each has of its own around the chat, and whether the chat works there. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../../support/server.js';

export type HostPageOptions = {
  /** Content security policy; unset: none. */
  policy?: string;
  /** What stands before `<html>`. */
  doctype?: string;
  /** Attributes of `<html>`. */
  root?: string;
  head?: string;
  /** What stands in the body before the chat. */
  body?: string;
  /** `window.params`. */
  params: Record<string, unknown>;
};

/** A site of many pages; answers the address of each. The token comes in a script file: the markup has none of it. */
export async function serveHostPages(
  context: Pick<TestContext, 'after'>,
  chat: string,
): Promise<(host: HostPageOptions) => string> {
  const hosts: HostPageOptions[] = [];
  const site = createServer((request, response) => {
    const [, place = '', number = ''] = (request.url ?? '').split('/');
    const host = hosts[Number(number)];
    if (!host) {
      response.statusCode = 404;
      return void response.end();
    }
    const { policy, doctype = '<!doctype html>', root = 'lang="ko"', head = '', body = '', params } = host;
    if (place === 'page.css') {
      response.setHeader('content-type', 'text/css');
      return void response.end('html, body, #chat { height: 100%; margin: 0; }');
    }
    if (place === 'params.js') {
      response.setHeader('content-type', 'text/javascript');
      return void response.end(`window.params = ${JSON.stringify(params)}; window.__watch?.();`);
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (policy) response.setHeader('content-security-policy', policy);
    const origin = `http://${request.headers.host}`;
    response.end(
      `${doctype}<html ${root}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A host</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${origin}/page.css/${number}">${head}</head><body><main><h1>A host</h1>${body}</main><div id="chat"></div><script nonce="page" src="${origin}/params.js/${number}"></script><script nonce="page" src="${chat}/widget.js"></script></body></html>`,
    );
  }).listen(0, '127.0.0.1');
  context.after(() => {
    site.closeAllConnections();
    site.close();
  });
  await waitUntil(() => site.listening, 'the site');
  const { port } = site.address() as AddressInfo;
  return (host) => `http://127.0.0.1:${port}/page/${hosts.push(host) - 1}`;
}

/** In Korean, as the pages are. */
const messageRow = (page: Page, text: string) => page.locator('.row', { hasText: text }).last();
export const messageField = (page: Page) => page.locator('.composer textarea');

async function sendMessage(page: Page, text: string): Promise<void> {
  await messageField(page).fill(text);
  await messageField(page).press('Enter');
  await page.locator('.own:not(.waiting)', { hasText: text }).last().waitFor();
}

/** Everything a visitor does: reads what `other` says, answers it, edits, finds an emoji, calls by name, deletes. */
export async function assertChatWorks(
  page: Page,
  other: { name: string; sendMessage(text: string): Promise<unknown> },
) {
  const press = async (text: string, name: string) => {
    await messageRow(page, text).hover();
    await messageRow(page, text).locator('.tools').getByRole('button', { name, exact: true }).click();
  };
  await page.locator('.beside').waitFor();
  await other.sendMessage('오늘 김프 몇 퍼센트예요?');
  await page.locator('.bubble', { hasText: '몇 퍼센트' }).waitFor();
  await press('몇 퍼센트', '답장');
  await page.locator('.replying').waitFor();
  await sendMessage(page, '3퍼센트요');
  await messageRow(page, '3퍼센트요').locator('.quote', { hasText: '몇 퍼센트' }).waitFor();
  await press('3퍼센트요', '수정');
  await page.locator('.editor textarea').fill('4퍼센트요');
  await page.locator('.editor').getByRole('button', { name: '저장' }).click();
  await page.locator('.bubble', { hasText: '4퍼센트요 (수정됨)' }).waitFor();
  await page.getByRole('button', { name: '이모지', exact: true }).click();
  await page.locator('.popup input').fill('로켓');
  await page.locator('.popup').getByRole('gridcell', { name: '로켓', exact: true }).click();
  await page.keyboard.press('Escape');
  await page.locator('.popup').waitFor({ state: 'detached' });
  await messageField(page).press('End');
  await page.keyboard.type(` @${other.name.slice(0, 1)}`);
  await page.getByRole('option', { name: other.name }).waitFor();
  await messageField(page).press('Enter');
  await messageField(page).press('Enter');
  await page.locator('.own:not(.waiting) .mention', { hasText: `@${other.name}` }).waitFor();
  await sendMessage(page, '지울 말');
  await press('지울 말', '삭제');
  await page.locator('.removal').getByRole('button', { name: '삭제' }).click();
  await page.locator('.bubble', { hasText: '지울 말' }).waitFor({ state: 'detached' });
}
