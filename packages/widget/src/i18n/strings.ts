/** The types of the two string tables of a language: a table without one of the strings does not compile. */

import type { ConnectionState } from '@chatty/client';
import type { RefusalCode } from '@chatty/protocol';
import type { Grammar } from './plural-rules.js';

/** The strings needed from the first rendering on, given the grammar of the language. */
export type StringTable = (grammar: Grammar) => Strings;

type EmojiCategory =
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

export type Strings = {
  [Name in
    | 'title'
    | 'open'
    | 'close'
    | 'messages'
    | 'write'
    | 'send'
    | 'retry'
    | 'remove'
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
    /** Button over hidden text: shows it. */
    | 'spoiler']: string;
} & {
  [Name in 'newMessages' | 'unread' | 'left' | 'here' | 'hereNow']: (count: number) => string;
} & {
  states: Record<ConnectionState, string>;
  codes: Record<BaseRefusalCode, string>;
};

/** Refusals that come before anything else is loaded, or say what any of them may. */
type BaseRefusalCode =
  | 'unavailable'
  | 'rate_limited'
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'origin_refused'
  | 'empty'
  | 'too_long'
  | 'login_required'
  | 'forbidden';

/** The strings of the extras, which are loaded with them. */
export type ExtraStringTable = (grammar: Grammar) => ExtraStrings;

export type ExtraStrings = {
  [Name in
    | 'edit'
    | 'removeSure'
    | 'save'
    | 'cancel'
    | 'reply'
    | 'jumpToQuoted'
    | 'quotedGone'
    | 'react'
    | 'addReaction'
    | 'emoji'
    | 'searchEmoji'
    | 'noEmojiFound'
    | 'mention'
    /** Beside the names of staff. */
    | 'moderator'
    | 'admin'
    | 'typingMany']: string;
} & {
  [Name in 'replyingTo' | 'profileOf' | 'typingOne']: (name: string) => string;
} & {
  /** `slowMode`: of the seconds to leave between two messages. */
  [Name in 'toFirstUnread' | 'slowMode']: (count: number) => string;
} & {
  /** @param when a time, or a date with one */
  until(when: string): string;
  typingTwo(one: string, other: string): string;
  reactedWith(emoji: string, count: number): string;
  codes: Record<Exclude<RefusalCode, BaseRefusalCode>, string>;
  categories: Record<EmojiCategory, string>;
};

/** What a refusal means; the general word for one whose own has not come yet. */
export function refusalText({ codes }: Strings, code: RefusalCode): string {
  return (codes as Partial<Record<RefusalCode, string>>)[code] ?? codes.forbidden;
}
