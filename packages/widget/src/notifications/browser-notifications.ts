/** Shows browser notifications while the page is hidden, and closes them. */

type BrowserNotice = { title: string; body: string; tag: string };

export type BrowserNotifications = {
  /** Whether the browser can show any; false also where only service workers may, as on Android. */
  isSupported(): boolean;
  show(notice: BrowserNotice): void;
  /** Takes back what is still shown. */
  clear(): void;
};

/** @param onPress the visitor pressed one */
export function createBrowserNotifications(onPress: () => void): BrowserNotifications {
  const shownNotifications = new Set<Notification>();
  let isSupported = 'Notification' in window && isSecureContext && canConstructNotification();

  function clear(): void {
    for (const notification of shownNotifications) notification.close();
    shownNotifications.clear();
  }

  return {
    isSupported: () => isSupported,
    show({ title, ...options }) {
      if (!isSupported || Notification.permission !== 'granted') return;
      // One of a chat at a time: the newest.
      clear();
      try {
        const notification = new Notification(title, options);
        shownNotifications.add(notification);
        notification.onclose = () => shownNotifications.delete(notification);
        notification.onclick = () => {
          window.focus();
          clear();
          onPress();
        };
      } catch {
        isSupported = false;
      }
    },
    clear,
  };
}

/** Without permission one that is made is never shown, and where none can be made the constructor throws. */
function canConstructNotification(): boolean {
  if (Notification.permission === 'granted') return true;
  try {
    new Notification('').onerror = () => undefined;
    return true;
  } catch {
    return false;
  }
}
