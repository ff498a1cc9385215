/** What a language has to say: a table that lacks a word, or a sentence for a code, does not compile. */

import type { Code } from '@chatty/protocol/codes';

export type Words = {
  [Name in
    | 'title'
    | 'open'
    | 'close'
    | 'messages'
    | 'write'
    | 'send'
    | 'retry'
    | 'remove'
    | 'sending'
    | 'connecting'
    | 'offline'
    | 'live'
    | 'empty'
    | 'refused'
    | 'login'
    | 'loginHint'
    | 'today'
    | 'yesterday']: string;
} & { [Name in 'newMessages' | 'unread' | 'left']: (count: number) => string } & {
  codes: Record<Code, string>;
};
