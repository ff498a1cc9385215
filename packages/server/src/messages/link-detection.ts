/** Decides whether a text contains a link, with or without `https://`. */

/** Top-level domains that are common in spam. Other words with a dot, like `node.js`, are not links. */
const LINK_DOMAINS =
  'com|net|org|info|biz|io|co|kr|jp|cn|ru|me|gg|ly|to|cc|tv|be|gl|xyz|top|shop|site|club|online|store|app|dev|link|live|vip|win|bet|fun|icu|pro|page|space|website|click';

/** Linear in the text: no alternative can start in the middle of another. */
const LINK_PATTERN = new RegExp(
  `https?:|\\bwww\\.|[\\p{L}\\p{N}]\\.(?:${LINK_DOMAINS})(?![\\p{L}\\p{N}])`,
  'u',
);

/** @param text in stored form (`cleanContent`) */
export function hasLink(text: string): boolean {
  // Browsers follow full-width letters and dots as well.
  return LINK_PATTERN.test(text.normalize('NFKC').toLowerCase());
}
