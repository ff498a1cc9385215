/** Decides whether a token is a JWT of acceptable length, and decodes it. */

import { MAX_TOKEN_LENGTH } from '@chatty/protocol';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type CheckFailure, checkFailure, type TokenContext } from './token-context.js';

export function createFormatCheck(): (context: TokenContext) => CheckFailure | null {
  const decodeHeader = createHeaderDecoder();
  return (context) => {
    const { token } = context;
    if (typeof token !== 'string')
      return checkFailure('token_invalid', 'not_text', 'the token is not a string');
    if (token.length > MAX_TOKEN_LENGTH)
      return checkFailure('token_invalid', 'too_long', `the token is longer than ${MAX_TOKEN_LENGTH}`);
    try {
      context.header = decodeHeader(token);
      context.payload = decodeJwt(token);
      return null;
    } catch (error) {
      return checkFailure('token_invalid', 'not_jwt', error instanceof Error ? error.message : String(error));
    }
  };
}

/** Tokens of one host usually have the same header: the last one decoded is reused. */
function createHeaderDecoder(): (token: string) => TokenContext['header'] {
  let cached: { prefix: string; header: TokenContext['header'] } = { prefix: '', header: null };
  return (token) => {
    if (cached.prefix !== '' && token.startsWith(cached.prefix)) return cached.header;
    const header = decodeProtectedHeader(token);
    // A copy: a slice of the string would keep the whole token in memory.
    cached = { prefix: String(Buffer.from(token.slice(0, token.indexOf('.') + 1))), header };
    return header;
  };
}
