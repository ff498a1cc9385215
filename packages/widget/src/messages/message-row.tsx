/** A row of the list: author, time, text, and whether the message was sent. */

import type { ChatClient, PendingItem, StoredItem } from '@chatty/client';
import { useEffect, useReducer } from 'preact/hooks';
import type { ActiveAction, Extras, MessageActions, QuoteSource } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { refusalText } from '../i18n/strings.js';
import { Avatar } from '../panel/avatar.js';
import { MessageText } from './message-text.js';

export type RowActions = MessageActions &
  QuoteSource &
  Pick<ChatClient, 'retry' | 'discard'> & {
    ownUsername(): string | null;
    /** What can be done with messages; null until it has been loaded. */
    extras: Extras | null;
  };

/** How often relative times such as "3 minutes ago" are updated. */
const RELATIVE_TIME_REFRESH_MS = 30_000;

type Props<Kind> = {
  item: Kind;
  /** The first row of its author's group: it shows the name and the time. */
  first: boolean;
  language: Language;
  actions: RowActions;
};

export function StoredMessageRow({
  item,
  first,
  language,
  actions,
  action,
}: Props<StoredItem> & { action: ActiveAction | null }) {
  const { message, own } = item;
  const { strings } = language;
  const isDeleted = message.deleted_at !== undefined;
  const actionProps = { message, language, actions: actions };
  const { extras } = actions;
  const showsTools = extras !== null && !isDeleted && action === null && actions.ownId();
  return (
    // Takes the focus of a tap, which shows what can be done with the line.
    <div
      class={`row ${own ? 'own' : ''} ${first ? 'first' : ''}`}
      part="message"
      tabIndex={showsTools ? -1 : undefined}
    >
      {first && <Heading {...{ item, language, extras }} />}
      {extras && action?.kind === 'edit' && !isDeleted ? (
        <extras.MessageEditor {...actionProps} action={action} />
      ) : (
        <div class="body">
          {showsTools && <extras.ActionToolbar {...actionProps} own={own} />}
          {extras && message.replyTo !== null && !isDeleted && (
            <extras.QuotedMessage id={message.replyTo} language={language} source={actions} />
          )}
          <div class={`bubble ${isDeleted ? 'gone' : ''}`} dir="auto" part="bubble">
            {isDeleted ? (
              strings.removed
            ) : (
              <MessageText text={message.content} ownName={actions.ownUsername()} strings={strings} />
            )}
            {message.edited_at !== undefined && !isDeleted && (
              <time
                class="edited"
                dateTime={message.edited_at}
                title={language.fullDateTime(new Date(message.edited_at))}
              >
                {' '}
                {strings.edited}
              </time>
            )}
          </div>
        </div>
      )}
      {extras && message.reactions && !isDeleted && <extras.Reactions {...actionProps} />}
      {extras && action?.kind === 'remove' && !isDeleted && <extras.DeleteConfirmation {...actionProps} />}
    </div>
  );
}

export function PendingMessageRow({ item, first, language, actions }: Props<PendingItem>) {
  const { clientId, content, failure, replyTo } = item;
  const { strings } = language;
  return (
    <div class={`row own ${first ? 'first' : ''} ${failure === null ? 'waiting' : ''}`} part="message">
      {actions.extras && replyTo !== null && (
        <actions.extras.QuotedMessage id={replyTo} language={language} source={actions} />
      )}
      <div class="bubble" dir="auto" part="bubble">
        <MessageText text={content} ownName={actions.ownUsername()} strings={strings} />
      </div>
      {failure === null ? (
        <span class="status">{strings.sending}</span>
      ) : (
        <div class="status failed" role="alert">
          <span>{refusalText(strings, failure)}</span>
          <button type="button" onClick={() => actions.retry(clientId)}>
            {strings.retry}
          </button>
          <button type="button" onClick={() => actions.discard(clientId)}>
            {strings.remove}
          </button>
        </div>
      )}
    </div>
  );
}

function Heading({
  item: { message, own },
  language,
  extras,
}: {
  item: StoredItem;
  language: Language;
  extras: Extras | null;
}) {
  const date = new Date(message.created_at);
  const [, rerender] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => rerender(0), RELATIVE_TIME_REFRESH_MS);
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
        {!own && extras && message.role && <extras.StaffBadge role={message.role} language={language} />}
        <time dateTime={message.created_at} title={language.fullDateTime(date)}>
          {language.relativeTime(date, new Date()) ?? language.time(date)}
        </time>
      </div>
    </>
  );
}
