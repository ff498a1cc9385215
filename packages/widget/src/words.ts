/** What a language has to say: a table that lacks a word, or a sentence for a code or a state, does not compile. */

import type { State } from '@chatty/client/chat';
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
    | 'edit'
    | 'remove'
    | 'removeSure'
    | 'save'
    | 'cancel'
    | 'edited'
    | 'removed'
    | 'older'
    | 'newer'
    | 'missing'
    | 'loading'
    | 'latest'
    | 'sending'
    | 'tryNow'
    | 'empty'
    | 'login'
    | 'loginHint'
    | 'today'
    | 'yesterday']: string;
} & { [Name in 'newMessages' | 'unread' | 'left' | 'here' | 'hereNow']: (count: number) => string } & {
  states: Record<State, string>;
  codes: Record<Code, string>;
};
