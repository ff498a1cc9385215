/** What a language has to say: a table that lacks a word, or a sentence for a code or a state, does not compile. */

import type { State } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/codes';
import type { Grammar } from './grammar.js';

/** Everything the widget says in one language, given how that language counts. */
export type Table = (grammar: Grammar) => Words;

type Category =
  | 'recent'
  | 'smileys'
  | 'people'
  | 'nature'
  | 'food'
  | 'travel'
  | 'activity'
  | 'objects'
  | 'symbols'
  | 'flags';

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
    /** Above the first message that was not read. */
    | 'newLine'
    | 'sending'
    | 'tryNow'
    | 'empty'
    | 'login'
    | 'loginHint'
    /** In the place of the field, for who reads without a login. */
    | 'guestHint'
    | 'today'
    | 'yesterday'
    | 'justNow'
    | 'reply'
    | 'jumpToQuoted'
    | 'quotedGone'
    | 'react'
    | 'addReaction'
    | 'emoji'
    | 'searchEmoji'
    | 'noEmojiFound'
    | 'mention'
    /** Button over hidden text: shows it. */
    | 'spoiler'
    | 'typingMany']: string;
} & {
  [Name in 'newMessages' | 'unread' | 'toFirstUnread' | 'left' | 'here' | 'hereNow']: (
    count: number,
  ) => string;
} & {
  [Name in 'replyingTo' | 'typingOne']: (name: string) => string;
} & {
  typingTwo(one: string, other: string): string;
  /** @param names of some or all of them, as `Language.list` joins them; may be empty */
  reactedWith(emoji: string, count: number, names: string): string;
  states: Record<State, string>;
  codes: Record<Code, string>;
  categories: Record<Category, string>;
};
