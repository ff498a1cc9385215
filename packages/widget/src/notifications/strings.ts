/** The labels of the switches in each language, in this bundle because only it uses them. */

import type { NotificationScope } from './relevance.js';

export type SwitchName = 'sound' | 'notifications';

type NotificationStrings = Record<SwitchName, Record<NotificationScope, string>> & {
  /** The browser blocks notifications from this site. */
  blocked: string;
};

const en: NotificationStrings = {
  sound: { mentions: 'Sound for mentions and replies', all: 'Sound for new messages' },
  notifications: { mentions: 'Notify me of mentions and replies', all: 'Notify me of new messages' },
  blocked: 'Your browser blocks notifications from this site. You can allow them in its settings.',
};

const tables: Record<string, NotificationStrings> = {
  en,
  ko: {
    sound: { mentions: '멘션과 답장 알림음', all: '새 메시지 알림음' },
    notifications: { mentions: '멘션과 답장 알림 받기', all: '새 메시지 알림 받기' },
    blocked: '브라우저에서 이 사이트의 알림을 차단하고 있어요. 브라우저 설정에서 허용할 수 있어요.',
  },
  ja: {
    sound: { mentions: 'メンションと返信の通知音', all: '新着メッセージの通知音' },
    notifications: { mentions: 'メンションと返信の通知を受け取る', all: '新着メッセージの通知を受け取る' },
    blocked: 'ブラウザーがこのサイトの通知をブロックしています。ブラウザーの設定で許可できます。',
  },
  zh: {
    sound: { mentions: '提及和回复的提示音', all: '新消息提示音' },
    notifications: { mentions: '接收提及和回复通知', all: '接收新消息通知' },
    blocked: '浏览器已屏蔽此网站的通知。你可以在浏览器设置中允许。',
  },
  es: {
    sound: { mentions: 'Sonido para menciones y respuestas', all: 'Sonido para mensajes nuevos' },
    notifications: { mentions: 'Avisarme de menciones y respuestas', all: 'Avisarme de mensajes nuevos' },
    blocked: 'Tu navegador bloquea las notificaciones de este sitio. Puedes permitirlas en su configuración.',
  },
  ar: {
    sound: { mentions: 'صوت للإشارات والردود', all: 'صوت للرسائل الجديدة' },
    notifications: { mentions: 'إشعاري بالإشارات والردود', all: 'إشعاري بالرسائل الجديدة' },
    blocked: 'يحظر متصفحك الإشعارات من هذا الموقع. يمكنك السماح بها في إعداداته.',
  },
};

/** @param locale as `Language.locale` has it */
export function notificationStrings(locale: string): NotificationStrings {
  return tables[locale.slice(0, 2)] ?? en;
}
