/** The interface between the loader and the chat module, which is loaded later. */

import type { Events, Settings } from '@chatty/embed';

/** Emits an event to the host. */
export type Emit = (
  ...event: {
    [Name in keyof Events]: Events[Name] extends undefined ? [Name] : [Name, Events[Name]];
  }[keyof Events]
) => void;

/** What the loader gives the chat. */
export type ChatViewOptions = {
  /** Origin of the chat server. */
  url: string;
  /** Where it puts what it draws. */
  root: HTMLElement;
  inline: boolean;
  /** The current visitor, and the settings the chat needs. */
  visitor(): VisitorSettings;
  /** Whether the panel is open, as of now. */
  isOpen(): boolean;
  /** BCP 47 language, or null for the page's or the browser's; as of now. */
  locale(): string | null;
  emit: Emit;
  /** Sets the label of the launcher button, where there is one, and its number of unread messages. */
  setBadge: ((label: string, unread: number) => void) | undefined;
  /** The visitor closed the panel. */
  close(): void;
};

export type VisitorSettings = Pick<
  Settings,
  'token' | 'tokenProvider' | 'projectId' | 'room' | 'titleBadge' | 'sound' | 'notifications' | 'profiles'
>;

export type ChatView = {
  /** The panel was opened or closed. */
  openStateChanged(): void;
  /** Another visitor logged in, or the visitor logged out. */
  visitorChanged(): void;
  /** Another language. */
  localeChanged(): void;
  /** Nothing is left: no socket, timer, listener or element. */
  destroy(): void;
};

/** Dispatched in the shadow root when the element was added to the page or moved within it. */
export const ATTACHED_EVENT = 'stands';

/** The chat module. `mountChat` rejects, and leaves nothing, when a part of it could not be loaded. */
export type ChatModule = { mountChat(options: ChatViewOptions): Promise<ChatView> };
