/** The public entry for a host's backend. */

export { createToken, type TokenOptions } from './create-token.js';
