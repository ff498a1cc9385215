/** Every refusal there is: its code, its sentence for integrators, and whether trying again can help. */

/** `later`: the same call may work after a pause. `fix`: change the call first. `never`: this caller will not get it. */
export type RetryAdvice = 'later' | 'fix' | 'never';

export const refusalCodes = {
  unavailable: {
    retry: 'later',
    message: 'The chat cannot store messages at the moment. Try again shortly.',
  },
  draining: { retry: 'later', message: 'This server is about to stop. Connect again.' },
  rate_limited: { retry: 'later', message: 'Too many messages in a short time. Wait a moment.' },
  token_missing: { retry: 'fix', message: 'No token was given. Pass it as auth.token.' },
  token_invalid: { retry: 'fix', message: 'The token is not a JWT signed with HS256 and the shared secret.' },
  token_expired: { retry: 'fix', message: 'The token has expired. Ask the host for a new one.' },
  token_claims: { retry: 'fix', message: 'A claim of the token is missing or not of its form.' },
  room_unknown: { retry: 'never', message: 'The project has no room of this name.' },
  origin_refused: { retry: 'fix', message: 'The project does not allow pages of this origin.' },
  invalid: { retry: 'fix', message: 'The arguments of this event are not of its form.' },
  empty: { retry: 'fix', message: 'A message needs at least one visible character.' },
  too_long: { retry: 'fix', message: 'A message has at most 2,000 characters and 8 KB.' },
  login_required: { retry: 'fix', message: 'Guests only read. Connect with a token to do that.' },
  conflict: { retry: 'fix', message: 'This client id was already used for another message.' },
  too_many: { retry: 'fix', message: 'There are as many of these already as there may be.' },
  forbidden: { retry: 'never', message: 'This member may not do that here.' },
  not_found: { retry: 'fix', message: 'What this refers to is not in the room.' },
  banned: { retry: 'never', message: 'This member is banned from the project.' },
  kicked: { retry: 'later', message: 'A moderator has sent this member away. Connect again after a minute.' },
  muted: { retry: 'never', message: 'This member may not write at the moment.' },
  frozen: { retry: 'never', message: 'The room is frozen: only moderators write.' },
  read_only: { retry: 'never', message: 'Writing in this room takes a higher role.' },
  level_required: { retry: 'never', message: 'Writing in this room takes a higher level.' },
  slow_mode: { retry: 'fix', message: 'The room is in slow mode. Wait until the next message is allowed.' },
  duplicate: { retry: 'fix', message: 'The same text was sent a moment ago.' },
  links_refused: { retry: 'fix', message: 'Newcomers may not post links in this room yet.' },
  word_refused: { retry: 'fix', message: 'The text contains a word that the project does not allow.' },
  name_reserved: {
    retry: 'fix',
    message: 'The username belongs to the staff of the project, or looks as if it did.',
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
