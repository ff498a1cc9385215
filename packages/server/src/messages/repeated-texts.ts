/** Remembers the recent texts of each member, bounded per member and in total. */

/** `text` is a hash; `at` in milliseconds. */
export type SentText = { at: number; text: string; clientId: string | null };

export type RecentTexts = {
  /** The newest entry with this text. */
  find(key: string, text: string): SentText | undefined;
  hasClientId(key: string, clientId: string): boolean;
  /** @param since earlier texts of the member are forgotten */
  add(key: string, sent: SentText, since: number): void;
  remove(key: string, sent: SentText): void;
  /** Forgets all texts of the member. */
  clear(key: string): void;
  /** Texts in memory. */
  readonly count: number;
};

/** Bounds the search, and is more than anyone would send to get around the rule. */
const MAX_TEXTS_PER_PERSON = 50;
/** Texts of all members, about 15 MB. */
const MAX_TEXTS = 100_000;

export function createRecentTexts(maxTexts = MAX_TEXTS): RecentTexts {
  /** Ordered by the time of the last text. */
  const texts = new Map<string, SentText[]>();
  let count = 0;

  function replaceTexts(key: string, sent: SentText[]): void {
    count += sent.length - (texts.get(key)?.length ?? 0);
    texts.delete(key);
    if (sent.length > 0) texts.set(key, sent);
  }

  return {
    find: (key, text) => texts.get(key)?.findLast((sent) => sent.text === text),
    hasClientId: (key, clientId) => texts.get(key)?.some((sent) => sent.clientId === clientId) ?? false,
    add(key, sent, since) {
      const recent = (texts.get(key) ?? []).filter(({ at }) => at > since).slice(1 - MAX_TEXTS_PER_PERSON);
      replaceTexts(key, [...recent, sent]);
      // The members who have been silent longest are forgotten first.
      for (const oldest of texts.keys()) {
        if (count <= maxTexts) break;
        replaceTexts(oldest, []);
      }
    },
    remove(key, sent) {
      const remembered = texts.get(key);
      // The member's place in the order stays: a failed message does not extend it.
      const index = remembered?.indexOf(sent) ?? -1;
      if (remembered === undefined || index < 0) return;
      remembered.splice(index, 1);
      count -= 1;
      if (remembered.length === 0) texts.delete(key);
    },
    clear: (key) => replaceTexts(key, []),
    get count() {
      return count;
    },
  };
}
