/** The quote above a reply, which leads to the quoted message. */

import type { Message } from '@chatty/protocol';
import { useEffect, useState } from 'preact/hooks';
import type { QuoteSource } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { extraStringsOf } from './strings.js';

export function QuotedMessage({
  id,
  language,
  source,
}: {
  id: number;
  language: Language;
  source: QuoteSource;
}) {
  const strings = extraStringsOf(language);
  const [message, setMessage] = useState<Message | null>(() => source.find(id));
  useEffect(() => {
    // What is quoted may be edited or deleted while its answer stands.
    const refresh = () => setMessage((previous) => source.find(id) ?? previous);
    if (!message) void source.fetch(id).then((found) => found && setMessage(found));
    return source.on('items', refresh);
  }, [id, source]);
  const isDeleted = message?.deleted_at !== undefined;
  return (
    <button type="button" class="quote" title={strings.jumpToQuoted} onClick={() => source.jumpTo(id)}>
      {message && <bdi>{message.username}</bdi>}
      <span dir="auto">{message && !isDeleted ? message.content : strings.quotedGone}</span>
    </button>
  );
}
