/** What the parts of the panel know of each other. The extras come later: the rest knows them by their types alone. */

import type { Chat, Reason } from '@chatty/client/chat';
import type { Message, StaffRole } from '@chatty/protocol/events';
import type { FunctionComponent, RefObject } from 'preact';
import type { Language } from './i18n/locale.js';
import type { Emit } from './loader/chat-module.js';

/** What the visitor was writing; a mutable note that outlives the composer. */
export type Draft = { text: string; answers: Message | null };

/** Up to which message the visitor saw the talk before they left it, and how many others came meanwhile. */
export type Seen = { upTo: number; missed: number } | null;

/** What is being done to which message. `draft` outlives the row: scrolled out of sight, it is not drawn. */
export type Deed = { id: number; kind: 'edit' | 'remove' | 'react'; draft: string };

export type Deeds = Pick<Chat, 'edit' | 'remove' | 'react'> & {
  /** The visitor's id; null or empty for a guest, who can do nothing. */
  ownId(): string | null;
  begin(deed: Deed): void;
  end(): void;
  reply(message: Message): void;
};

/** What a quote needs of the talk it is in. */
export type Quoting = Pick<Chat, 'find' | 'fetch' | 'on'> & { jump(id: number): void };

/** What tells of messages beyond the panel; there only where the host wants any of it. */
export type Notices = {
  /** What the visitor can turn on and off of it. */
  Switches: FunctionComponent<{ language: Language }>;
  end(): void;
};

type OnMessage = { message: Message; language: Language; deeds: Deeds };

/** The name of the author of a message, which can be pressed. */
export type Profile = FunctionComponent<{ message: Message; language: Language }>;

export type Extras = {
  /** Their style sheet. */
  styles: string;
  /** Adds their words to a language; false where those do not arrive. */
  speak(language: Language): Promise<boolean>;
  Tools: FunctionComponent<OnMessage & { own: boolean }>;
  Editor: FunctionComponent<OnMessage & { deed: Deed }>;
  Removal: FunctionComponent<OnMessage>;
  Typing: FunctionComponent<{ chat: Chat; language: Language }>;
  Reactions: FunctionComponent<OnMessage>;
  ReactionPicker: FunctionComponent<{ id: number; language: Language; deeds: Deeds }>;
  Why: FunctionComponent<{ reason: Reason; language: Language }>;
  Slow: FunctionComponent<{ chat: Chat; until: number | null; language: Language }>;
  Seconds: FunctionComponent<{ until: number }>;
  Badge: FunctionComponent<{ role: StaffRole; language: Language }>;
  /** Answers null where the host does not ask for it. */
  createProfile(wanted: unknown, emit: Emit): Profile | null;
  Profile?: Profile | null;
  Unread: FunctionComponent<{ seen: Seen; jump: (id: number) => void; language: Language }>;
  Quote: FunctionComponent<{ id: number; language: Language; verbs: Quoting }>;
  Replying: FunctionComponent<{ message: Message; language: Language; cancel: () => void }>;
  EmojiButton: FunctionComponent<{ language: Language; pick: (emoji: string) => void }>;
  Mentions: FunctionComponent<{
    chat: Chat;
    field: RefObject<HTMLTextAreaElement | null>;
    text: string;
    language: Language;
    write: (text: string) => void;
    taker: RefObject<(() => boolean) | null>;
  }>;
};
