/** What a message answers, in a line over it that leads there. */

import type { Message } from '@chatty/protocol/events';
import { useEffect, useState } from 'preact/hooks';
import type { Quoting } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { wordsOf } from './strings.js';

export function Quote({ id, language, verbs }: { id: number; language: Language; verbs: Quoting }) {
  const words = wordsOf(language);
  const [message, setMessage] = useState<Message | null>(() => verbs.find(id));
  useEffect(() => {
    // What is quoted may be edited or deleted while its answer stands.
    const look = () => setMessage((old) => verbs.find(id) ?? old);
    if (!message) void verbs.fetch(id).then((found) => found && setMessage(found));
    return verbs.on('lines', look);
  }, [id, verbs]);
  const gone = message?.deleted_at !== undefined;
  return (
    <button type="button" class="quote" title={words.jumpToQuoted} onClick={() => verbs.jump(id)}>
      {message && <bdi>{message.username}</bdi>}
      <span dir="auto">{message && !gone ? message.content : words.quotedGone}</span>
    </button>
  );
}
