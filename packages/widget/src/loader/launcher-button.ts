/** The round button in the corner: opens the chat, and tells how much the visitor has not read. */

export type Bubble = {
  say(label: string, unread: number): void;
  focus(): void;
};

/** More than this is not worth counting. */
const MOST = 99;

/** @param near the visitor is about to open it */
export function createBubble(root: HTMLElement, open: () => void, near: () => void): Bubble {
  const button = document.createElement('button');
  const badge = document.createElement('span');
  button.part = button.className = 'launcher';
  badge.className = 'badge';
  button.append(document.createElement('i'), badge);
  button.onclick = open;
  button.onpointerenter = button.onfocus = near;
  root.append(button);

  function say(label: string, unread: number): void {
    button.setAttribute('aria-label', label);
    badge.textContent = (unread > MOST ? `${MOST}+` : unread || '') as string;
  }
  // Until the language is there.
  say('Chat', 0);
  return { say, focus: () => button.focus() };
}
