/** One line of talk: who, when, what, and whether it has arrived. */

import type { Chat, PendingLine, StoredLine } from '@chatty/client/chat';
import { useEffect, useReducer } from 'preact/hooks';
import type { Deed, Deeds, Extras, Quoting } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { sentenceOf } from '../i18n/strings.js';
import { Avatar } from '../panel/avatar.js';
import { RichText } from './message-text.js';

export type Verbs = Deeds &
  Quoting &
  Pick<Chat, 'retry' | 'discard'> & {
    ownName(): string | null;
    /** What can be done with messages; null until it has been loaded. */
    extras: Extras | null;
  };

/** How often what says "3 minutes ago" is looked at again, in milliseconds. */
const AGE = 30_000;

type Props<Kind> = {
  line: Kind;
  /** The first line of its author's group: it says who and when. */
  first: boolean;
  language: Language;
  verbs: Verbs;
};

export function StoredRow({ line, first, language, verbs, deed }: Props<StoredLine> & { deed: Deed | null }) {
  const { message, own } = line;
  const { words } = language;
  const gone = message.deleted_at !== undefined;
  const mine = { message, language, deeds: verbs };
  const { extras } = verbs;
  const tools = extras !== null && !gone && deed === null && verbs.ownId();
  return (
    // Takes the focus of a tap, which shows what can be done with the line.
    <div
      class={`row ${own ? 'own' : ''} ${first ? 'first' : ''}`}
      part="message"
      tabIndex={tools ? -1 : undefined}
    >
      {first && <Heading {...{ line, language, extras }} />}
      {extras && deed?.kind === 'edit' && !gone ? (
        <extras.Editor {...mine} deed={deed} />
      ) : (
        <div class="body">
          {tools && <extras.Tools {...mine} own={own} />}
          {extras && message.replyTo !== null && !gone && (
            <extras.Quote id={message.replyTo} language={language} verbs={verbs} />
          )}
          <div class={`bubble ${gone ? 'gone' : ''}`} dir="auto" part="bubble">
            {gone ? words.removed : <RichText text={message.content} own={verbs.ownName()} words={words} />}
            {message.edited_at !== undefined && !gone && (
              <time
                class="edited"
                dateTime={message.edited_at}
                title={language.moment(new Date(message.edited_at))}
              >
                {' '}
                {words.edited}
              </time>
            )}
          </div>
        </div>
      )}
      {extras && message.reactions && !gone && <extras.Reactions {...mine} />}
      {extras && deed?.kind === 'remove' && !gone && <extras.Removal {...mine} />}
    </div>
  );
}

export function PendingRow({ line, first, language, verbs }: Props<PendingLine>) {
  const { clientId, content, failure, replyTo } = line;
  const { words } = language;
  return (
    <div class={`row own ${first ? 'first' : ''} ${failure === null ? 'waiting' : ''}`} part="message">
      {verbs.extras && replyTo !== null && (
        <verbs.extras.Quote id={replyTo} language={language} verbs={verbs} />
      )}
      <div class="bubble" dir="auto" part="bubble">
        <RichText text={content} own={verbs.ownName()} words={words} />
      </div>
      {failure === null ? (
        <span class="status">{words.sending}</span>
      ) : (
        <div class="status failed" role="alert">
          <span>{sentenceOf(words, failure)}</span>
          <button type="button" onClick={() => verbs.retry(clientId)}>
            {words.retry}
          </button>
          <button type="button" onClick={() => verbs.discard(clientId)}>
            {words.remove}
          </button>
        </div>
      )}
    </div>
  );
}

function Heading({
  line: { message, own },
  language,
  extras,
}: {
  line: StoredLine;
  language: Language;
  extras: Extras | null;
}) {
  const date = new Date(message.created_at);
  const [, age] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => age(0), AGE);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      {!own && <Avatar userId={message.userId} username={message.username} url={message.avatar} />}
      <div class="heading">
        {!own &&
          (extras?.Profile ? (
            <extras.Profile {...{ message, language }} />
          ) : (
            <bdi class="name" title={message.username}>
              {message.username}
            </bdi>
          ))}
        {!own && extras && message.role && <extras.Badge role={message.role} language={language} />}
        <time dateTime={message.created_at} title={language.moment(date)}>
          {language.ago(date, new Date()) ?? language.time(date)}
        </time>
      </div>
    </>
  );
}
