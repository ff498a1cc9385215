/** Loaded where the host wants more than the bubble to tell of messages: the page's title, a sound, notifications. */

import type { ChatClient } from '@chatty/client';
import type { Events } from '@chatty/embed';
import type { Notifications } from '../extras-api.js';
import type { ChatViewOptions } from '../loader/chat-module.js';
import { createBrowserNotifications } from './browser-notifications.js';
import styles from './notifications.css';
import { preferenceStore } from './preferences.js';
import { createThrottle, isRelevant, type NotificationScope, plainText } from './relevance.js';
import { createNotificationSound } from './sound.js';
import { Switches } from './switches.js';
import { titleBadge } from './title-badge.js';

/** Shortest time in milliseconds from one to the next. */
const SOUND_INTERVAL_MS = 5_000;
const NOTIFICATION_INTERVAL_MS = 2_000;

/**
 * @param addStyles adds a style sheet
 * @param getChat the talk, as of now
 */
export function startNotifications(
  options: ChatViewOptions,
  addStyles: (styles: string) => void,
  getChat: () => ChatClient | null,
): Notifications {
  addStyles(styles);
  const settings = options.visitor();
  const offeredScopes = { sound: scopeOf(settings.sound), notifications: scopeOf(settings.notifications) };
  const { host } = options.root.getRootNode() as ShadowRoot;
  const notificationSound = offeredScopes.sound ? createNotificationSound() : null;
  // What opens the panel is the bubble; a chat without one is open.
  const browserNotifications = createBrowserNotifications(() =>
    options.root.querySelector<HTMLElement>('.launcher')?.click(),
  );
  const soundAllowed = createThrottle(SOUND_INTERVAL_MS);
  const notificationAllowed = createThrottle(NOTIFICATION_INTERVAL_MS);
  let isDisposed = false;

  function onUnread(event: Event): void {
    const { count } = (event as CustomEvent<Events['unread']>).detail;
    if (scopeOf(settings.titleBadge)) titleBadge.setCount(host, count);
    if (count === 0) browserNotifications.clear();
  }

  async function onMessage(event: Event): Promise<void> {
    const client = getChat();
    const message = client?.find((event as CustomEvent<Events['message']>).detail.id);
    if (!client || !message || message.deleted_at) return;
    const isRelevantToVisitor = await isRelevant(message, client);
    const isWanted = (scope: NotificationScope | undefined) =>
      scope === 'all' || (isRelevantToVisitor && scope !== undefined);
    const { sound, notifications } = preferenceStore.get();
    // The visitor may have come, or another one, or nobody.
    if (isDisposed || client !== getChat() || (options.isOpen() && !document.hidden)) return;
    if (sound && isWanted(offeredScopes.sound) && notificationSound?.canPlay() && soundAllowed())
      notificationSound.play();
    if (notifications && isWanted(offeredScopes.notifications) && document.hidden && notificationAllowed()) {
      const { projectId, room } = client.session ?? {};
      browserNotifications.show({
        title: message.username,
        body: plainText(message.content),
        // Other tabs of the site tell of the same message.
        tag: `chatty ${projectId} ${room} ${message.id}`,
      });
    }
  }

  /** Nobody calls or answers a guest. */
  function offeredToVisitor(): typeof offeredScopes {
    const isMember = options.visitor().token !== null;
    const of = (scope: NotificationScope | undefined) => (isMember || scope === 'all' ? scope : undefined);
    return { sound: of(offeredScopes.sound), notifications: of(offeredScopes.notifications) };
  }

  host.addEventListener('chatty:unread', onUnread);
  host.addEventListener('chatty:message', onMessage);
  return {
    Switches: ({ language }) => (
      <Switches
        offeredScopes={offeredToVisitor()}
        language={language}
        browserNotifications={browserNotifications}
      />
    ),
    dispose() {
      isDisposed = true;
      host.removeEventListener('chatty:unread', onUnread);
      host.removeEventListener('chatty:message', onMessage);
      titleBadge.setCount(host, 0);
      notificationSound?.dispose();
      browserNotifications.clear();
    },
  };
}

/** What a host may say, as text: of what it wants to be told, or that it does not. */
function scopeOf(setting: unknown): NotificationScope | undefined {
  if (!setting || setting === 'false') return;
  return setting === 'all' ? 'all' : 'mentions';
}
