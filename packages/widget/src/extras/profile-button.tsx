/** The name of who wrote a message as a button, where the host shows profiles: the host hears of it and does the rest. */

import type { Profile } from '../extras-api.js';
import type { Emit } from '../loader/chat-module.js';
import { extraStringsOf } from './strings.js';

/** @param setting the host's setting, which markup says in text */
export function createProfileButton(setting: unknown, emit: Emit): Profile | null {
  if (`${setting}` !== 'true') return null;
  return ({ message: { userId, username, avatar }, language }) => (
    <button
      type="button"
      class="name profile"
      aria-label={extraStringsOf(language).profileOf(username)}
      onClick={() => emit('profileClick', { userId, username, avatar })}
    >
      <bdi title={username}>{username}</bdi>
    </button>
  );
}
