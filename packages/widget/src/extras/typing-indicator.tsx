/** Who else is writing just now. */

import type { Chat } from '@chatty/client/chat';
import { watchTyping } from '@chatty/client/typing';
import { useEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { wordsOf } from './strings.js';

export function Typing({ chat, language }: { chat: Chat; language: Language }) {
  const words = wordsOf(language);
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => watchTyping(chat, (typists) => setNames(typists.map(({ username }) => username))), [chat]);
  const [one, other, more] = names;
  let said = '';
  if (more !== undefined) said = words.typingMany;
  else if (one !== undefined) said = other === undefined ? words.typingOne(one) : words.typingTwo(one, other);
  // There before anybody types: a live region has to be, to be read out.
  return (
    <p class={`typing ${said === '' ? '' : 'shown'}`} role="status">
      {said}
    </p>
  );
}
