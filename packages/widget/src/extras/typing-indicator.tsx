/** Shows who is typing. */

import type { ChatClient } from '@chatty/client';
import { watchTyping } from '@chatty/client';
import { useEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { extraStringsOf } from './strings.js';

export function TypingIndicator({ chat, language }: { chat: ChatClient; language: Language }) {
  const strings = extraStringsOf(language);
  const [names, setNames] = useState<readonly string[]>([]);
  useEffect(() => watchTyping(chat, (typists) => setNames(typists.map(({ username }) => username))), [chat]);
  const [one, other, more] = names;
  let announcement = '';
  if (more !== undefined) announcement = strings.typingMany;
  else if (one !== undefined)
    announcement = other === undefined ? strings.typingOne(one) : strings.typingTwo(one, other);
  // There before anybody types: a live region has to be, to be read out.
  return (
    <p class={`typing ${announcement === '' ? '' : 'shown'}`} role="status">
      {announcement}
    </p>
  );
}
