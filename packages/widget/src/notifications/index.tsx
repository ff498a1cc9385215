/** Announces messages outside the panel, where the host asks for it: in the page's title, by a sound, by notifications. */

import type { ChatClient } from '@chatty/client';
import type { Events } from '@chatty/embed';
import type { Notifications } from '../extras-api.js';
import type { ChatViewOptions } from '../loader/chat-module.js';
import { type BrowserNotifications, createBrowserNotifications } from './browser-notifications.js';
import styles from './notifications.css';
import { preferenceStore } from './preferences.js';
import { createThrottle, isRelevant, type NotificationScope, plainText } from './relevance.js';
import { createNotificationSound } from './sound.js';
import { Switches } from './switches.js';
import { titleBadge } from './title-badge.js';

/** Shortest time in milliseconds from one to the next. */
const SOUND_INTERVAL_MS = 5_000;
const NOTIFICATION_INTERVAL_MS = 2_000;

type OfferedScopes = Record<'sound' | 'notifications', NotificationScope | undefined>;

/**
 * @param addStyles adds a style sheet
 * @param getChat the client in use now
 */
export function startNotifications(
  options: ChatViewOptions,
  addStyles: (styles: string) => void,
  getChat: () => ChatClient | null,
): Notifications {
  addStyles(styles);
  const { host } = options.root.getRootNode() as ShadowRoot;
  const { titleBadge: badgeSetting, sound, notifications } = options.visitor();
  const offeredScopes = { sound: scopeOf(sound), notifications: scopeOf(notifications) };
  // The launcher opens the panel; a chat without one is always open.
  const browserNotifications = createBrowserNotifications(() =>
    options.root.querySelector<HTMLElement>('.launcher')?.click(),
  );
  const announcer = createAnnouncer(options, getChat, offeredScopes, browserNotifications);

  function onUnread(event: Event): void {
    const { count } = (event as CustomEvent<Events['unread']>).detail;
    if (scopeOf(badgeSetting)) titleBadge.setCount(host, count);
    if (count === 0) browserNotifications.clear();
  }

  host.addEventListener('chatty:unread', onUnread);
  host.addEventListener('chatty:message', announcer.onMessage);
  return {
    Switches: ({ language }) => (
      <Switches
        offeredScopes={offeredToVisitor(offeredScopes, options.visitor().token !== null)}
        language={language}
        browserNotifications={browserNotifications}
      />
    ),
    dispose() {
      host.removeEventListener('chatty:unread', onUnread);
      host.removeEventListener('chatty:message', announcer.onMessage);
      titleBadge.setCount(host, 0);
      announcer.dispose();
      browserNotifications.clear();
    },
  };
}

/** Plays the sound and shows a notification for each message that is relevant to an absent visitor. */
function createAnnouncer(
  options: ChatViewOptions,
  getChat: () => ChatClient | null,
  offeredScopes: OfferedScopes,
  browserNotifications: BrowserNotifications,
) {
  const notificationSound = offeredScopes.sound ? createNotificationSound() : null;
  const soundAllowed = createThrottle(SOUND_INTERVAL_MS);
  const notificationAllowed = createThrottle(NOTIFICATION_INTERVAL_MS);
  let isDisposed = false;

  async function onMessage(event: Event): Promise<void> {
    const client = getChat();
    const message = client?.find((event as CustomEvent<Events['message']>).detail.id);
    if (!client || !message || message.deleted_at) return;
    const isRelevantToVisitor = await isRelevant(message, client);
    const isWanted = (scope: NotificationScope | undefined) =>
      scope === 'all' || (isRelevantToVisitor && scope !== undefined);
    const { sound, notifications } = preferenceStore.get();
    // Meanwhile the visitor may have come back or changed.
    if (isDisposed || client !== getChat() || (options.isOpen() && !document.hidden)) return;
    if (sound && isWanted(offeredScopes.sound) && notificationSound?.canPlay() && soundAllowed())
      notificationSound.play();
    if (notifications && isWanted(offeredScopes.notifications) && document.hidden && notificationAllowed()) {
      const { projectId, room } = client.session ?? {};
      browserNotifications.show({
        title: message.username,
        body: plainText(message.content),
        // Other tabs of the site announce the same message.
        tag: `chatty ${projectId} ${room} ${message.id}`,
      });
    }
  }

  return {
    onMessage,
    dispose() {
      isDisposed = true;
      notificationSound?.dispose();
    },
  };
}

/** A guest is never mentioned or answered. */
function offeredToVisitor({ sound, notifications }: OfferedScopes, isMember: boolean): OfferedScopes {
  const offered = (scope: NotificationScope | undefined) => (isMember || scope === 'all' ? scope : undefined);
  return { sound: offered(sound), notifications: offered(notifications) };
}

/** Reads a host's setting, which may be a boolean or a text. */
function scopeOf(setting: unknown): NotificationScope | undefined {
  if (!setting || setting === 'false') return;
  return setting === 'all' ? 'all' : 'mentions';
}
