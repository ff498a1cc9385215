/** The round button in the corner: opens the chat and shows the number of unread messages. */

export type LauncherButton = {
  setBadge(label: string, unread: number): void;
  focus(): void;
};

/** More than this is not worth counting. */
const MAX_BADGE_COUNT = 99;

/** @param onApproach the visitor is about to open it */
export function createLauncherButton(
  root: HTMLElement,
  onOpen: () => void,
  onApproach: () => void,
): LauncherButton {
  const button = document.createElement('button');
  const badge = document.createElement('span');
  button.part = button.className = 'launcher';
  badge.className = 'badge';
  button.append(document.createElement('i'), badge);
  button.onclick = onOpen;
  button.onpointerenter = button.onfocus = onApproach;
  root.append(button);

  function setBadge(label: string, unread: number): void {
    button.setAttribute('aria-label', label);
    badge.textContent = (unread > MAX_BADGE_COUNT ? `${MAX_BADGE_COUNT}+` : unread || '') as string;
  }
  // Until the language is there.
  setBadge('Chat', 0);
  return { setBadge, focus: () => button.focus() };
}
