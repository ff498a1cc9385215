/** Remembers recent emoji in memory only, so that nothing is left on a shared device. */

const MAX_RECENT_EMOJI = 16;

let recent: string[] = [];

export function recentEmoji(): readonly string[] {
  return recent;
}

export function rememberEmoji(emoji: string): void {
  recent = [emoji, ...recent.filter((each) => each !== emoji)].slice(0, MAX_RECENT_EMOJI);
}
