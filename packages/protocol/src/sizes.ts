/** Size limits that both ends enforce, with the source of each number. */

/** Graphemes (characters as a reader counts them), after normalizing. */
export const MAX_MESSAGE_GRAPHEMES = 2_000;
/** Bytes of UTF-8, after normalizing: 2,000 family emoji would be 50 KB. */
export const MAX_MESSAGE_BYTES = 8 * 1024;
/**
 * UTF-16 code units before normalizing; a longer text is refused without normalizing it. Normalizing shrinks Hangul in jamo to
 * a third, and removes spaces at the ends of lines.
 */
export const MAX_RAW_MESSAGE_LENGTH = 4 * MAX_MESSAGE_BYTES;
/** Number of messages in `history`. */
export const HISTORY_SIZE = 50;
/** Maximum messages in an answer to `history { before }`. */
export const MAX_HISTORY_PAGE_SIZE = 100;
/** Maximum changes in a recovery frame and in an answer to `sync`. */
export const MAX_SYNC_PAGE_SIZE = 300;
/**
 * Maximum JSON bytes of the messages or people in one answer or recovery frame, unless a single one is larger: a page may hold
 * fewer than requested, but never none.
 */
export const MAX_PAGE_BYTES = 256 * 1024;
/** Maximum people in an answer to `members`. */
export const MAX_MEMBERS_PAGE_SIZE = 100;
/** UTF-16 code units of a reaction; the longest emoji of Unicode 15 has 15. */
export const MAX_EMOJI_LENGTH = 32;
/** Maximum different emoji on one message. */
export const MAX_REACTION_EMOJI = 20;
/** Maximum user ids listed per emoji; the count is complete. */
export const MAX_LISTED_REACTION_USERS = 50;
/** Maximum bytes of these ids per message, shared equally by the emoji: each reaction sends all of them to the whole room. */
export const MAX_REACTION_USERS_BYTES = 2_500;
/** Minimum time between two typing events. */
export const TYPING_INTERVAL_MS = 3_000;
/** Graphemes of a username. */
export const MAX_USERNAME_GRAPHEMES = 40;
/** UTF-16 code units of a username or badge before normalizing; a longer one is refused without normalizing it. */
export const MAX_RAW_NAME_LENGTH = 1_000;
/** UTF-16 code units of a user id. */
export const MAX_USER_ID_LENGTH = 128;
/** Maximum duration of a ban or mute: ten years. Longer ones are permanent. */
export const MAX_SANCTION_SECONDS = 315_360_000;
/** UTF-16 code units of a moderator's reason. */
export const MAX_REASON_LENGTH = 500;
/** UTF-16 code units of an avatar or profile URL; some browsers and proxies truncate longer URLs. */
export const MAX_URL_LENGTH = 2_048;
/** UTF-16 code units of a token; it is sent in one handshake packet. */
export const MAX_TOKEN_LENGTH = 8 * 1024;
/** Accepted clock skew between host and server, in seconds. */
export const MAX_CLOCK_SKEW_SECONDS = 30;
/** Maximum bytes of a packet (OWASP's WebSocket cheat sheet: at most 64 KB). */
export const MAX_PACKET_BYTES = 64 * 1024;
/** Maximum nesting of an event's arguments; deeper ones overflow the stack of recursive code. */
export const MAX_NESTING_DEPTH = 8;
/** The room that every project has, used if no room is named. */
export const MAIN_ROOM = 'main';
/** A valid project id: 1-64 of `a-z 0-9 . _ -`, starting with a letter or digit. */
export const PROJECT_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Room ids follow the rules of project ids. */
export const ROOM_ID_PATTERN = new RegExp(PROJECT_ID_PATTERN);
/** A valid client id: 1-64 visible ASCII characters. */
export const CLIENT_ID_PATTERN = /^[\x21-\x7e]{1,64}$/;
