/** The interface between the panel and the extras, which are loaded later and known here by type only. */

import type { ChatClient, TimedRefusal } from '@chatty/client';
import type { Message, StaffRole } from '@chatty/protocol';
import type { FunctionComponent, RefObject } from 'preact';
import type { Language } from './i18n/locale.js';
import type { Emit } from './loader/chat-module.js';

/** What the visitor was writing; a mutable note that outlives the composer. */
export type ComposerDraft = { text: string; replyingTo: Message | null };

/** The last message the visitor saw before they left, and how many of others came meanwhile. */
export type UnreadMarker = { lastSeenId: number; missedCount: number } | null;

/** What is being done to which message. `draft` outlives the row: scrolled out of sight, it is not drawn. */
export type ActiveAction = { id: number; kind: 'edit' | 'remove' | 'react'; draft: string };

export type MessageActions = Pick<ChatClient, 'edit' | 'remove' | 'react'> & {
  /** The visitor's id; null or empty for a guest, who can do nothing. */
  ownId(): string | null;
  startAction(action: ActiveAction): void;
  endAction(): void;
  replyTo(message: Message): void;
};

/** What a quote needs to know of the list it is in. */
export type QuoteSource = Pick<ChatClient, 'find' | 'fetch' | 'on'> & { jumpTo(id: number): void };

/** Announces messages outside the panel; loaded only where the host asks for it. */
export type Notifications = {
  /** What the visitor can turn on and off of it. */
  Switches: FunctionComponent<{ language: Language }>;
  dispose(): void;
};

type MessageActionProps = { message: Message; language: Language; actions: MessageActions };

/** The name of the author of a message, which can be pressed. */
export type Profile = FunctionComponent<{ message: Message; language: Language }>;

export type Extras = {
  /** Their style sheet. */
  styles: string;
  /** Adds their words to a language; false where those do not arrive. */
  loadStrings(language: Language): Promise<boolean>;
  ActionToolbar: FunctionComponent<MessageActionProps & { own: boolean }>;
  MessageEditor: FunctionComponent<MessageActionProps & { action: ActiveAction }>;
  DeleteConfirmation: FunctionComponent<MessageActionProps>;
  TypingIndicator: FunctionComponent<{ chat: ChatClient; language: Language }>;
  Reactions: FunctionComponent<MessageActionProps>;
  ReactionPicker: FunctionComponent<{ id: number; language: Language; actions: MessageActions }>;
  RefusalDetails: FunctionComponent<{ refusal: TimedRefusal; language: Language }>;
  SlowModeNotice: FunctionComponent<{ chat: ChatClient; until: number | null; language: Language }>;
  Countdown: FunctionComponent<{ until: number }>;
  StaffBadge: FunctionComponent<{ role: StaffRole; language: Language }>;
  /** Answers null where the host does not ask for it. */
  createProfileButton(setting: unknown, emit: Emit): Profile | null;
  Profile?: Profile | null;
  UnreadJump: FunctionComponent<{
    unreadMarker: UnreadMarker;
    jumpTo: (id: number) => void;
    language: Language;
  }>;
  QuotedMessage: FunctionComponent<{ id: number; language: Language; source: QuoteSource }>;
  ReplyBanner: FunctionComponent<{ message: Message; language: Language; cancel: () => void }>;
  EmojiButton: FunctionComponent<{ language: Language; pick: (emoji: string) => void }>;
  MentionSuggestions: FunctionComponent<{
    chat: ChatClient;
    field: RefObject<HTMLTextAreaElement | null>;
    text: string;
    language: Language;
    setText: (text: string) => void;
    acceptSuggestion: RefObject<(() => boolean) | null>;
  }>;
};
