/** One line of talk: who, when, what, and whether it has arrived. */

import type { Chat, Line, StoredLine } from '@chatty/client/chat';
import { Avatar } from './avatar.js';
import type { Language } from './language.js';

type Verbs = Pick<Chat, 'retry' | 'discard'>;

export function Row({
  line,
  first,
  language,
  verbs,
}: {
  line: Line;
  /** The first line of its author's group: it says who and when. */
  first: boolean;
  language: Language;
  verbs: Verbs;
}) {
  const own = line.kind === 'pending' || line.own;
  const content = line.kind === 'pending' ? line.content : line.message.content;
  const waiting = line.kind === 'pending' && line.failure === null;
  return (
    <li class={`row ${own ? 'own' : ''} ${first ? 'first' : ''} ${waiting ? 'waiting' : ''}`} part="message">
      {line.kind === 'stored' && first && <Heading line={line} language={language} />}
      <div class="bubble" dir="auto" part="bubble">
        {content}
      </div>
      {line.kind === 'pending' && line.failure === null && (
        <span class="status">{language.words.sending}</span>
      )}
      {line.kind === 'pending' && line.failure !== null && (
        <div class="status failed" role="alert">
          <span>{language.words.codes[line.failure]}</span>
          <button type="button" onClick={() => verbs.retry(line.clientId)}>
            {language.words.retry}
          </button>
          <button type="button" onClick={() => verbs.discard(line.clientId)}>
            {language.words.remove}
          </button>
        </div>
      )}
    </li>
  );
}

function Heading({ line: { message, own }, language }: { line: StoredLine; language: Language }) {
  const date = new Date(message.created_at);
  return (
    <>
      {!own && <Avatar userId={message.userId} username={message.username} url={message.avatar} />}
      <div class="heading">
        {!own && (
          <bdi class="name" title={message.username}>
            {message.username}
          </bdi>
        )}
        <time dateTime={message.created_at} title={language.moment(date)}>
          {language.time(date)}
        </time>
      </div>
    </>
  );
}
