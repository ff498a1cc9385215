/** Remembers which texts people have sent lately: so many of each, and so many of all. */

/** `text` is a hash; `at` in milliseconds. */
export type SentText = { at: number; text: string; clientId: string | null };

export type RecentTexts = {
  /** The newest of this text. */
  find(key: string, text: string): SentText | undefined;
  hasClientId(key: string, clientId: string): boolean;
  /** @param since what the person sent before is forgotten */
  add(key: string, sent: SentText, since: number): void;
  remove(key: string, sent: SentText): void;
  /** All that the person has sent. */
  clear(key: string): void;
  /** How many are remembered. */
  readonly count: number;
};

/** Texts of one person: a look takes no longer, and nobody repeats themselves by saying so many others between. */
const MAX_TEXTS_PER_PERSON = 50;
/** Texts of everybody: about 15 MB. */
const MAX_TEXTS = 100_000;

export function createRecentTexts(maxTexts = MAX_TEXTS): RecentTexts {
  /** Who has sent last comes last. */
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
      // Those who have said nothing for longest are forgotten first.
      for (const oldest of texts.keys()) {
        if (count <= maxTexts) break;
        replaceTexts(oldest, []);
      }
    },
    remove(key, sent) {
      const remembered = texts.get(key);
      // In their place, so that what failed is no reason to be remembered for longer.
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
