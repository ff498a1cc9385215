/** The chat as a React component: it is mounted and destroyed with it, and follows its token. */
'use client';

import { createElement, type ReactElement, useEffect, useRef } from 'react';
import { loadChatty } from './load-script.js';
import type { Chat, Events, SettingsInput } from './types.js';

/** `message:sent` becomes `onMessageSent`. */
type PascalEventName<Name extends string> = Name extends `${infer Head}:${infer Tail}`
  ? `${Capitalize<Head>}${PascalEventName<Tail>}`
  : Capitalize<Name>;
type EventProps = {
  [Name in keyof Events as `on${PascalEventName<Name>}`]?: ((detail: Events[Name]) => void) | undefined;
};

/** `url` is the chat server; `docked` puts the chat in the corner of the page instead of inside the component. */
export type ChattyChatProps = Omit<SettingsInput, 'mount' | 'autoload'> &
  EventProps & { url: string; docked?: boolean; className?: string | undefined };

const PROP_BY_EVENT: { readonly [Name in keyof Events]: `on${PascalEventName<Name>}` } = {
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
  const container = useRef<HTMLDivElement>(null);
  const chat = useRef<Chat | null>(null);
  const latestProps = useRef(props);
  // Listeners and the provider may change with every render; always call the latest.
  useEffect(() => {
    latestProps.current = props;
  });

  useEffect(() => {
    let unmounted = false;
    const fail = (error: unknown) =>
      latestProps.current.onError?.({ code: 'unavailable', message: String(error) });
    loadChatty(url).then((chatty) => {
      if (unmounted) return;
      const { projectId, position, zIndex, tokenProvider, ...current } = latestProps.current;
      const { titleBadge, sound, notifications, profiles } = current;
      const created = chatty.init({
        ...{
          projectId,
          position,
          zIndex,
          token: current.token ?? null,
          theme: current.theme,
          locale: current.locale,
        },
        ...{ titleBadge, sound, notifications, profiles, room },
        mount: docked ? null : container.current,
        ...(tokenProvider && {
          tokenProvider: async () => (await latestProps.current.tokenProvider?.()) ?? '',
        }),
      });
      chat.current = created;
      for (const name of Object.keys(PROP_BY_EVENT) as (keyof Events)[])
        created.on(name, (detail) =>
          (latestProps.current[PROP_BY_EVENT[name]] as ((detail: unknown) => void) | undefined)?.(detail),
        );
    }, fail);
    return () => {
      unmounted = true;
      chat.current?.destroy();
      chat.current = null;
    };
  }, [url, docked, room]);

  useEffect(() => chat.current?.identify(token), [token]);
  useEffect(() => chat.current?.setTheme(theme), [theme]);
  useEffect(() => chat.current?.setLocale(locale), [locale]);

  return docked ? null : createElement('div', { ref: container, className });
}
