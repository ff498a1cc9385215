/** What the loader and the chat itself, which is loaded later, know of each other. */

import type { Events, Settings } from '@chatty/embed';

/** Tells the page. */
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
  /** Who the visitor is, as of now, and what the host wants beyond the talk. */
  visitor(): VisitorSettings;
  /** Whether the panel is open, as of now. */
  isOpen(): boolean;
  /** BCP 47 language, or null for the page's or the browser's; as of now. */
  locale(): string | null;
  emit: Emit;
  /** What the bubble says, where there is one: its label, and how many messages the visitor has not seen. */
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
  /** Another visitor, or nobody. */
  visitorChanged(): void;
  /** Another language. */
  localeChanged(): void;
  /** Nothing is left: no socket, timer, listener or element. */
  destroy(): void;
};

/** The event in the shadow of an element that has come to stand on the page, or in another place of it. */
export const ATTACHED_EVENT = 'stands';

/** The module of the chat. `openFace` rejects, and leaves nothing, when a part of it could not be loaded. */
export type ChatModule = { mountChat(options: ChatViewOptions): Promise<ChatView> };
