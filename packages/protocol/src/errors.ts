/** All refusal codes, with a sentence for developers and whether a retry can help. */

/** `later`: retry the same call after a pause. `fix`: change the call first. `never`: this caller will not succeed. */
export type RetryAdvice = 'later' | 'fix' | 'never';

export const refusalCodes = {
  unavailable: {
    retry: 'later',
    message: 'The chat is temporarily unavailable. Try again shortly.',
  },
  draining: { retry: 'later', message: 'This server is shutting down. Reconnect.' },
  rate_limited: { retry: 'later', message: 'Too many requests in a short time. Wait a moment.' },
  token_missing: { retry: 'fix', message: 'No token was sent. Pass it as auth.token.' },
  token_invalid: { retry: 'fix', message: 'The token is not a JWT signed with HS256 and the shared secret.' },
  token_expired: { retry: 'fix', message: 'The token has expired. Ask the host for a new one.' },
  token_claims: { retry: 'fix', message: 'A required token claim is missing or malformed.' },
  room_unknown: { retry: 'never', message: 'The project has no room with this name.' },
  origin_refused: { retry: 'fix', message: 'The project does not allow pages from this origin.' },
  invalid: { retry: 'fix', message: 'Invalid arguments for this event.' },
  empty: { retry: 'fix', message: 'A message needs at least one visible character.' },
  too_long: { retry: 'fix', message: 'A message may have at most 2,000 characters and 8 KB.' },
  login_required: { retry: 'fix', message: 'Guests can only read. Connect with a token to do this.' },
  conflict: { retry: 'fix', message: 'This client id was already used for another message.' },
  too_many: { retry: 'fix', message: 'Limit reached.' },
  forbidden: { retry: 'never', message: 'This member is not allowed to do this here.' },
  not_found: { retry: 'fix', message: 'The referenced message does not exist in this room.' },
  banned: { retry: 'never', message: 'This member is banned from the project.' },
  kicked: { retry: 'later', message: 'A moderator removed this member. Reconnect after a minute.' },
  muted: { retry: 'never', message: 'This member is muted and cannot write.' },
  frozen: { retry: 'never', message: 'The room is frozen. Only moderators can write.' },
  read_only: { retry: 'never', message: 'Your role cannot post in this room.' },
  level_required: { retry: 'never', message: 'Your level is too low to post in this room.' },
  slow_mode: { retry: 'fix', message: 'The room is in slow mode. Wait until the next message is allowed.' },
  duplicate: { retry: 'fix', message: 'The same text was sent a moment ago.' },
  links_refused: { retry: 'fix', message: 'New members cannot post links in this room yet.' },
  word_refused: { retry: 'fix', message: 'The text contains a forbidden word.' },
  name_reserved: {
    retry: 'fix',
    message: 'The username is reserved for staff, or looks like a staff name.',
  },
} as const satisfies Record<string, { retry: RetryAdvice; message: string }>;

export type RefusalCode = keyof typeof refusalCodes;

/** A refusal as it travels: in `err.data` of a handshake, in an acknowledgement, in the `refused` event. */
export type Refusal = {
  code: RefusalCode;
  message: string;
  retry: RetryAdvice;
  /** Whole milliseconds until trying again can help; absent where nobody knows, or where it never will. */
  retryAfter?: number;
};

/** @param retryAfter in milliseconds */
export function createRefusal(code: RefusalCode, retryAfter?: number): Refusal {
  const { message, retry } = refusalCodes[code];
  return retryAfter === undefined
    ? { code, message, retry }
    : { code, message, retry, retryAfter: Math.ceil(retryAfter) };
}
