/** The emoji picked last, in memory only: nothing of them stays on a device others use. */

const MOST = 16;

let recent: string[] = [];

export function recentEmoji(): readonly string[] {
  return recent;
}

export function remember(emoji: string): void {
  recent = [emoji, ...recent.filter((each) => each !== emoji)].slice(0, MOST);
}
