/** Loaded where the host wants more than the bubble to tell of messages: the page's title, a sound, notifications. */

import type { Chat } from '@chatty/client/chat';
import type { Events } from '@chatty/embed/types';
import type { Notices } from '../extras-api.js';
import type { FaceOptions } from '../loader/chat-module.js';
import { createDesk } from './browser-notifications.js';
import styles from './notifications.css';
import { choices } from './preferences.js';
import { concerns, createGate, plainText, type Scope } from './relevance.js';
import { createChime } from './sound.js';
import { Switches } from './switches.js';
import { titleBadge } from './title-badge.js';

/** Shortest time in milliseconds from one to the next. */
const BETWEEN_SOUNDS = 5_000;
const BETWEEN_NOTIFICATIONS = 2_000;

/**
 * @param dress adds a style sheet
 * @param chat the talk, as of now
 */
export function startNotices(
  options: FaceOptions,
  dress: (styles: string) => void,
  chat: () => Chat | null,
): Notices {
  dress(styles);
  const settings = options.identity();
  const offered = { sound: scopeOf(settings.sound), notifications: scopeOf(settings.notifications) };
  const { host } = options.root.getRootNode() as ShadowRoot;
  const chime = offered.sound ? createChime() : null;
  // What opens the panel is the bubble; a chat without one is open.
  const desk = createDesk(() => options.root.querySelector<HTMLElement>('.launcher')?.click());
  const mayRing = createGate(BETWEEN_SOUNDS);
  const mayShow = createGate(BETWEEN_NOTIFICATIONS);
  let ended = false;

  function unread(event: Event): void {
    const { count } = (event as CustomEvent<Events['unread']>).detail;
    if (scopeOf(settings.titleBadge)) titleBadge.count(host, count);
    if (count === 0) desk.clear();
  }

  async function heard(event: Event): Promise<void> {
    const talk = chat();
    const message = talk?.find((event as CustomEvent<Events['message']>).detail.id);
    if (!talk || !message || message.deleted_at) return;
    const mine = await concerns(message, talk);
    const wanted = (scope: Scope | undefined) => scope === 'all' || (mine && scope !== undefined);
    const { sound, notifications } = choices.get();
    // The visitor may have come, or another one, or nobody.
    if (ended || talk !== chat() || (options.isOpen() && !document.hidden)) return;
    if (sound && wanted(offered.sound) && chime?.ready() && mayRing()) chime.ring();
    if (notifications && wanted(offered.notifications) && document.hidden && mayShow()) {
      const { projectId, room } = talk.session ?? {};
      desk.show({
        title: message.username,
        body: plainText(message.content),
        // Other tabs of the site tell of the same message.
        tag: `chatty ${projectId} ${room} ${message.id}`,
      });
    }
  }

  /** Nobody calls or answers a guest. */
  function onOffer(): typeof offered {
    const member = options.identity().token !== null;
    const of = (scope: Scope | undefined) => (member || scope === 'all' ? scope : undefined);
    return { sound: of(offered.sound), notifications: of(offered.notifications) };
  }

  host.addEventListener('chatty:unread', unread);
  host.addEventListener('chatty:message', heard);
  return {
    Switches: ({ language }) => <Switches offered={onOffer()} language={language} desk={desk} />,
    end() {
      ended = true;
      host.removeEventListener('chatty:unread', unread);
      host.removeEventListener('chatty:message', heard);
      titleBadge.count(host, 0);
      chime?.end();
      desk.clear();
    },
  };
}

/** What a host may say, as text: of what it wants to be told, or that it does not. */
function scopeOf(setting: unknown): Scope | undefined {
  if (!setting || setting === 'false') return;
  return setting === 'all' ? 'all' : 'mentions';
}
