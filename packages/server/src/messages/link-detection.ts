/** Decides whether a text holds a link, also one that is not written out: a spammer needs no https. */

/** Endings of hosts that spam is sent from or shortened to; a word with a dot in it is no link by that alone (`node.js`). */
const LINK_DOMAINS =
  'com|net|org|info|biz|io|co|kr|jp|cn|ru|me|gg|ly|to|cc|tv|be|gl|xyz|top|shop|site|club|online|store|app|dev|link|live|vip|win|bet|fun|icu|pro|page|space|website|click';

/** Reads no part twice: each alternative begins with what it cannot skip. */
const LINK_PATTERN = new RegExp(
  `https?:|\\bwww\\.|[\\p{L}\\p{N}]\\.(?:${LINK_DOMAINS})(?![\\p{L}\\p{N}])`,
  'u',
);

/** @param text in stored form (`cleanContent`) */
export function hasLink(text: string): boolean {
  // Full-width letters and dots lead to the same place.
  return LINK_PATTERN.test(text.normalize('NFKC').toLowerCase());
}
