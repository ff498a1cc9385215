/** The chat as a React component: it comes and goes with it, and is always of whom its token says. */
'use client';

import { createElement, type ReactElement, useEffect, useRef } from 'react';
import { type Chat, type Events, type Given, loadChatty } from './load-script.js';

/** `onMessageSent` for `message:sent`. */
type Camel<Name extends string> = Name extends `${infer Head}:${infer Tail}`
  ? `${Capitalize<Head>}${Camel<Tail>}`
  : Capitalize<Name>;
type Listeners = {
  [Name in keyof Events as `on${Camel<Name>}`]?: ((detail: Events[Name]) => void) | undefined;
};

/** `url` is the chat server; `docked` puts the chat in the corner of the page instead of where the component stands. */
export type ChattyChatProps = Omit<Given, 'mount' | 'autoload'> &
  Listeners & { url: string; docked?: boolean; className?: string | undefined };

const EVENTS: { readonly [Name in keyof Events]: `on${Camel<Name>}` } = {
  ready: 'onReady',
  open: 'onOpen',
  close: 'onClose',
  message: 'onMessage',
  'message:sent': 'onMessageSent',
  unread: 'onUnread',
  connection: 'onConnection',
  tokenExpired: 'onTokenExpired',
  loginRequired: 'onLoginRequired',
  profileClick: 'onProfileClick',
  banned: 'onBanned',
  error: 'onError',
};

export function ChattyChat(props: ChattyChatProps): ReactElement | null {
  const { url, docked = false, token = null, theme = null, locale = null, room, className } = props;
  const place = useRef<HTMLDivElement>(null);
  const chat = useRef<Chat | null>(null);
  const latest = useRef(props);
  // Listeners and the provider may be new functions at each drawing; what is called is always the newest.
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    let gone = false;
    const fail = (error: unknown) =>
      latest.current.onError?.({ code: 'unavailable', message: String(error) });
    loadChatty(url).then((chatty) => {
      if (gone) return;
      const { projectId, position, zIndex, tokenProvider, ...now } = latest.current;
      const { titleBadge, sound, notifications, profiles } = now;
      const made = chatty.init({
        ...{ projectId, position, zIndex, token: now.token ?? null, theme: now.theme, locale: now.locale },
        ...{ titleBadge, sound, notifications, profiles, room },
        mount: docked ? null : place.current,
        ...(tokenProvider && { tokenProvider: async () => (await latest.current.tokenProvider?.()) ?? '' }),
      });
      chat.current = made;
      for (const name of Object.keys(EVENTS) as (keyof Events)[])
        made.on(name, (detail) =>
          (latest.current[EVENTS[name]] as ((it: unknown) => void) | undefined)?.(detail),
        );
    }, fail);
    return () => {
      gone = true;
      chat.current?.destroy();
      chat.current = null;
    };
  }, [url, docked, room]);

  useEffect(() => chat.current?.identify(token), [token]);
  useEffect(() => chat.current?.setTheme(theme), [theme]);
  useEffect(() => chat.current?.setLocale(locale), [locale]);

  return docked ? null : createElement('div', { ref: place, className });
}
