/** The switches in the header for the notifications that the host offers. */

import { useEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import type { BrowserNotifications } from './browser-notifications.js';
import { preferenceStore } from './preferences.js';
import type { NotificationScope } from './relevance.js';
import { notificationStrings, type SwitchName } from './strings.js';

const ICONS: Record<SwitchName, { on: string; off: string }> = {
  sound: {
    on: 'M4 9.5v5h3.5l4.5 4v-13l-4.5 4ZM15.5 9.2a4 4 0 0 1 0 5.6M18 6.5a7.8 7.8 0 0 1 0 11',
    off: 'M4 9.5v5h3.5l4.5 4v-13l-4.5 4ZM16 9.8l4.4 4.4M20.4 9.8 16 14.2',
  },
  notifications: {
    on: 'M6.5 9.5a5.5 5.5 0 0 1 11 0c0 5 2 6.5 2 6.5h-15s2-1.5 2-6.5M10.3 19.5a2 2 0 0 0 3.4 0',
    off: 'M9 4.9a5.5 5.5 0 0 1 8.5 4.6c0 1.6.2 2.9.5 3.9M15.5 16h-11s2-1.5 2-6.5c0-.6.1-1.2.3-1.7M10.3 19.5a2 2 0 0 0 3.4 0M4 4l16 16',
  },
};

type Props = {
  language: Language;
  /** Of which messages each that is offered tells. */
  offeredScopes: Record<SwitchName, NotificationScope | undefined>;
  browserNotifications: BrowserNotifications;
};

export function Switches({ language, offeredScopes, browserNotifications }: Props) {
  const [preferences, setPreferences] = useState(preferenceStore.get);
  const [isBlocked, setIsBlocked] = useState(false);
  useEffect(() => preferenceStore.onChange(() => setPreferences(preferenceStore.get())), []);
  const strings = notificationStrings(language.locale);
  const isOn: Record<SwitchName, boolean> = {
    sound: preferences.sound,
    notifications:
      preferences.notifications &&
      browserNotifications.isSupported() &&
      Notification.permission === 'granted',
  };

  async function toggleSwitch(name: SwitchName): Promise<void> {
    setIsBlocked(false);
    if (name === 'sound' || isOn[name]) return preferenceStore.set({ [name]: !isOn[name] });
    const answer = await Notification.requestPermission();
    if (answer === 'granted') preferenceStore.set({ notifications: true });
    // Put off, the question can be asked again.
    setIsBlocked(answer === 'denied');
  }

  const visibleSwitches = (['sound', 'notifications'] as const).filter(
    (name) => offeredScopes[name] && (name === 'sound' || browserNotifications.isSupported()),
  );
  return (
    <div class="switches" onFocusOut={() => setIsBlocked(false)}>
      {visibleSwitches.map((name) => {
        const label = strings[name][offeredScopes[name] ?? 'mentions'];
        return (
          <button
            key={name}
            type="button"
            class="switch"
            aria-label={label}
            aria-pressed={isOn[name]}
            title={label}
            onClick={() => void toggleSwitch(name)}
          >
            <Icon path={ICONS[name][isOn[name] ? 'on' : 'off']} />
          </button>
        );
      })}
      <p class="blocked" role="status">
        {isBlocked && strings.blocked}
      </p>
    </div>
  );
}
