/** Remembers which texts people have sent lately: so many of each, and so many of all. */

/** `text` is a hash; `at` in milliseconds. */
export type Sent = { at: number; text: string; clientId: string | null };

export type RecentTexts = {
  /** The newest of this text. */
  find(key: string, text: string): Sent | undefined;
  hasClientId(key: string, clientId: string): boolean;
  /** @param since what the person sent before is forgotten */
  add(key: string, sent: Sent, since: number): void;
  remove(key: string, sent: Sent): void;
  /** All that the person has sent. */
  forget(key: string): void;
  /** How many are remembered. */
  readonly count: number;
};

/** Texts of one person: a look takes no longer, and nobody repeats themselves by saying so many others between. */
const TEXTS_EACH = 50;
/** Texts of everybody: about 15 MB. */
const TEXTS = 100_000;

export function createRecentTexts(most = TEXTS): RecentTexts {
  /** Who has sent last comes last. */
  const texts = new Map<string, Sent[]>();
  let count = 0;

  function put(key: string, sent: Sent[]): void {
    count += sent.length - (texts.get(key)?.length ?? 0);
    texts.delete(key);
    if (sent.length > 0) texts.set(key, sent);
  }

  return {
    find: (key, text) => texts.get(key)?.findLast((sent) => sent.text === text),
    hasClientId: (key, clientId) => texts.get(key)?.some((sent) => sent.clientId === clientId) ?? false,
    add(key, sent, since) {
      const fresh = (texts.get(key) ?? []).filter(({ at }) => at > since).slice(1 - TEXTS_EACH);
      put(key, [...fresh, sent]);
      // Those who have said nothing for longest are forgotten first.
      for (const silent of texts.keys()) {
        if (count <= most) break;
        put(silent, []);
      }
    },
    remove(key, sent) {
      const known = texts.get(key);
      // In their place, so that what failed is no reason to be remembered for longer.
      const index = known?.indexOf(sent) ?? -1;
      if (known === undefined || index < 0) return;
      known.splice(index, 1);
      count -= 1;
      if (known.length === 0) texts.delete(key);
    },
    forget: (key) => put(key, []),
    get count() {
      return count;
    },
  };
}
