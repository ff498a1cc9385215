/** What a host site has to say about itself; the rest is the same for both and in `host.ts`. */

import type { Account } from './accounts.js';
import type { Html } from './html.js';

export type LoginFault = 'wrong' | 'brake';

export type Site = {
  /** Its project in Chatty, its folder of public files, and the name of its cookie. */
  id: string;
  accounts: readonly Account[];
  /** Where the chat goes on its page; null leaves it docked. */
  mount: string | null;
  /** @param embed the two lines that put the chat on the page */
  page(nickname: string | null, embed: Html): Html;
  login(fault: LoginFault | null): Html;
};
