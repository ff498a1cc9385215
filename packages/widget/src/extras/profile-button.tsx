/** An author's name as a button, where the host shows profiles: a press emits an event to the host. */

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
