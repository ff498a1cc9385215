/** Notifications of the browser while the page is hidden: whether they can be had, and which of them are still there. */

type Notice = { title: string; body: string; tag: string };

export type Desk = {
  /** Whether the browser can show any; false also where only service workers may, as on Android. */
  able(): boolean;
  show(notice: Notice): void;
  /** Takes back what is still shown. */
  clear(): void;
};

/** @param press the visitor pressed one */
export function createDesk(press: () => void): Desk {
  const shown = new Set<Notification>();
  let able = 'Notification' in window && isSecureContext && canMake();

  function clear(): void {
    for (const each of shown) each.close();
    shown.clear();
  }

  return {
    able: () => able,
    show({ title, ...options }) {
      if (!able || Notification.permission !== 'granted') return;
      // One of a chat at a time: the newest.
      clear();
      try {
        const made = new Notification(title, options);
        shown.add(made);
        made.onclose = () => shown.delete(made);
        made.onclick = () => {
          window.focus();
          clear();
          press();
        };
      } catch {
        able = false;
      }
    },
    clear,
  };
}

/** Without permission one that is made is never shown, and where none can be made the constructor throws. */
function canMake(): boolean {
  if (Notification.permission === 'granted') return true;
  try {
    new Notification('').onerror = () => undefined;
    return true;
  } catch {
    return false;
  }
}
