/** Defines what differs between the demo sites; `host.ts` does the rest. */

import type { Account } from './accounts.js';
import type { SafeHtml } from './html.js';

export type LoginError = 'wrong' | 'brake';

export type SiteDefinition = {
  /** Its project in Chatty, its folder of public files, and the name of its cookie. */
  id: string;
  accounts: readonly Account[];
  /** Where the chat goes on its page; null leaves it docked. */
  chatMount: string | null;
  /** @param embed the two lines that put the chat on the page */
  renderPage(nickname: string | null, embed: SafeHtml): SafeHtml;
  renderLogin(fault: LoginError | null): SafeHtml;
};
