/** The sizes that both ends keep to; where a number comes from stands beside it. */

/** Longest message in graphemes (what a reader counts as characters), after cleaning. */
export const MAX_MESSAGE_GRAPHEMES = 2_000;
/** Longest message in bytes of UTF-8, after cleaning: 2,000 graphemes of one emoji family would be 50 KB. */
export const MAX_MESSAGE_BYTES = 8 * 1024;
/**
 * Longest text of a message in UTF-16 code units as it comes in: longer, it is refused before it is cleaned. Cleaning makes
 * Hangul in jamo a third of what it was, and drops spaces at the ends of lines.
 */
export const MAX_RAW_MESSAGE_LENGTH = 4 * MAX_MESSAGE_BYTES;
/** Messages in `history`, newest last. */
export const HISTORY_SIZE = 50;
/** Most messages in one answer to `history { before }`. */
export const MAX_HISTORY_PAGE_SIZE = 100;
/** Most changes in one `messages` frame of a recovery and in one answer to `sync`. */
export const MAX_SYNC_PAGE_SIZE = 300;
/**
 * Most bytes of UTF-8 that the messages or people of one answer or recovery frame take as JSON, unless a single one is
 * larger: a page may hold fewer than was asked for, and never none.
 */
export const MAX_PAGE_BYTES = 256 * 1024;
/** Most people in one answer to `members`. */
export const MAX_MEMBERS_PAGE_SIZE = 100;
/** Longest time between two signs of the room's newest position, in milliseconds (R8). */
export const HEAD_INTERVAL_MS = 10_000;
/** Longest reaction in UTF-16 code units; the longest emoji of Unicode 15 has 15. */
export const MAX_EMOJI_LENGTH = 32;
/** Most different emoji on one message. */
export const MAX_REACTION_EMOJI = 20;
/** Most people named for one emoji of a message; the count is of all. */
export const MAX_LISTED_REACTION_USERS = 50;
/** Most bytes that these ids take in a message, each emoji an equal share: every reaction tells the whole room all of them. */
export const MAX_REACTION_USERS_BYTES = 2_500;
/** Least time in milliseconds between two signs that somebody is typing. */
export const TYPING_INTERVAL_MS = 3_000;
/** Longest username in graphemes. */
export const MAX_USERNAME_GRAPHEMES = 40;
/** Longest username or badge in UTF-16 code units as it comes in: longer, it is refused before it is cleaned. */
export const MAX_RAW_NAME_LENGTH = 1_000;
/** Longest stable user id in UTF-16 code units. */
export const MAX_USER_ID_LENGTH = 128;
/** Longest time in seconds that a ban or a mute may be set for: ten years. Longer is for good. */
export const MAX_SANCTION_SECONDS = 315_360_000;
/** Longest reason of a moderator in UTF-16 code units. */
export const MAX_REASON_LENGTH = 500;
/** Longest avatar or profile URL in UTF-16 code units; browsers and proxies start to cut at about this length. */
export const MAX_URL_LENGTH = 2_048;
/** Longest token in UTF-16 code units; it travels in one handshake packet. */
export const MAX_TOKEN_LENGTH = 8 * 1024;
/** Clock difference between host and server that a token may show, in seconds. */
export const MAX_CLOCK_SKEW_SECONDS = 30;
/** Largest packet the server reads, in bytes (OWASP's WebSocket sheet: at most 64 KB). */
export const MAX_PACKET_BYTES = 64 * 1024;
/** Deepest nesting of an event's arguments; a deeper one breaks every recursive reader behind it. */
export const MAX_NESTING_DEPTH = 8;
/** The room every project has, and everybody is in who names none. */
export const MAIN_ROOM = 'main';
/** What a project may be called: 1-64 of `a-z 0-9 . _ -`, beginning with a letter or digit. */
export const PROJECT_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** What a room may be called: as a project. */
export const ROOM_ID_PATTERN = new RegExp(PROJECT_ID_PATTERN);
/** What a client id may be: 1-64 visible ASCII characters. */
export const CLIENT_ID_PATTERN = /^[\x21-\x7e]{1,64}$/;
