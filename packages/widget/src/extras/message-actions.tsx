/** The actions on a message: reply and react, and for the visitor's own messages edit and delete. */

import type { Message, RefusalCode } from '@chatty/protocol';
import { hasVisibleText } from '@chatty/protocol';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { FieldHint, remainingGraphemes } from '../composer/field-hint.js';
import { MessageField } from '../composer/message-field.js';
import type { ActiveAction, MessageActions } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { refusalText } from '../i18n/strings.js';
import { Icon } from '../panel/icon.js';
import { SMILEY_ICON_PATH } from './emoji-button.js';
import { QuickReactions } from './reactions.js';
import { extraStringsOf } from './strings.js';

type Props = { message: Message; language: Language; actions: MessageActions };

export function ActionToolbar({ message, own, language, actions }: Props & { own: boolean }) {
  const strings = extraStringsOf(language);
  const [isReacting, setIsReacting] = useState(false);
  const button = (label: string, path: string, onClick: () => void) => (
    <button type="button" aria-label={label} title={label} onClick={onClick}>
      <Icon path={path} size={16} />
    </button>
  );
  const { id, content } = message;
  const startAction = (kind: ActiveAction['kind']) => actions.startAction({ id, kind, draft: content });
  if (isReacting)
    return (
      <fieldset
        class="tools feeling"
        aria-label={strings.react}
        onKeyDown={onEscapeKey(() => setIsReacting(false))}
        onMouseLeave={() => setIsReacting(false)}
      >
        <QuickReactions
          message={message}
          language={language}
          actions={actions}
          onShowAll={() => startAction('react')}
        />
      </fieldset>
    );
  return (
    <div class="tools">
      {button(strings.react, SMILEY_ICON_PATH, () => setIsReacting(true))}
      {button(strings.reply, 'M9 7 4 12l5 5M4 12h9c4 0 6 2 7 6', () => actions.replyTo(message))}
      {own && button(strings.edit, 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4', () => startAction('edit'))}
      {own &&
        button(strings.remove, 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5', () =>
          startAction('remove'),
        )}
    </div>
  );
}

/** One attempt at a time, and why the last one failed. */
function useRequest(onDone: () => void) {
  const [isBusy, setIsBusy] = useState(false);
  const [refusalCode, setRefusalCode] = useState<RefusalCode | null>(null);
  const runRequest = async (request: Promise<RefusalCode | null>) => {
    setIsBusy(true);
    const code = await request;
    setIsBusy(false);
    setRefusalCode(code);
    if (code === null) onDone();
  };
  return { busy: isBusy, fault: refusalCode, setFault: setRefusalCode, attempt: runRequest };
}

/** Takes the focus when it appears, and with it the view. */
function useInitialFocus(element: RefObject<HTMLElement | null>) {
  useLayoutEffect(() => {
    element.current?.focus({ preventScroll: true });
    element.current?.closest('.row')?.scrollIntoView({ block: 'nearest' });
  }, [element]);
}

function onEscapeKey(onEscape: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    // The panel would close.
    event.stopPropagation();
    onEscape();
  };
}

export function MessageEditor({ message, language, actions, action }: Props & { action: ActiveAction }) {
  const strings = extraStringsOf(language);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(action.draft);
  const {
    busy: isBusy,
    fault: refusalCode,
    setFault: setRefusalCode,
    attempt: runRequest,
  } = useRequest(actions.endAction);
  const remaining = remainingGraphemes(text);
  // Set once: a controlled field would disturb an input method. What is set leaves the caret at the end.
  useLayoutEffect(() => {
    if (field.current) field.current.value = action.draft;
  }, []);
  useInitialFocus(field);

  const submit = () => {
    const value = field.current?.value ?? '';
    if (isBusy || !hasVisibleText(value)) return;
    if (value === message.content) actions.endAction();
    else runRequest(actions.edit(message.id, value));
  };
  return (
    <form
      class="editor"
      onKeyDown={onEscapeKey(actions.endAction)}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <MessageField
        field={field}
        text={text}
        label={strings.edit}
        isInvalid={refusalCode !== null || remaining < 0}
        onChange={(value) => {
          action.draft = value;
          setText(value);
          setRefusalCode(null);
        }}
        onSubmit={submit}
      />
      <FieldHint refusalCode={refusalCode} remaining={remaining} language={language} />
      <div class="choice">
        <button type="button" onClick={actions.endAction}>
          {strings.cancel}
        </button>
        <button type="submit" class="main" disabled={isBusy || !hasVisibleText(text) || remaining < 0}>
          {strings.save}
        </button>
      </div>
    </form>
  );
}

export function DeleteConfirmation({ message, language, actions }: Props) {
  const strings = extraStringsOf(language);
  const cancel = useRef<HTMLButtonElement>(null);
  const { busy: isBusy, fault: refusalCode, attempt: runRequest } = useRequest(actions.endAction);
  // The harmless choice has the focus: a held Enter key deletes nothing.
  useInitialFocus(cancel);
  return (
    <fieldset class="removal" aria-label={strings.removeSure} onKeyDown={onEscapeKey(actions.endAction)}>
      <span role={refusalCode === null ? undefined : 'alert'}>
        {refusalCode === null ? strings.removeSure : refusalText(strings, refusalCode)}
      </span>
      <div class="choice">
        <button type="button" ref={cancel} onClick={actions.endAction}>
          {strings.cancel}
        </button>
        <button
          type="button"
          class="main danger"
          disabled={isBusy}
          onClick={() => runRequest(actions.remove(message.id))}
        >
          {strings.remove}
        </button>
      </div>
    </fieldset>
  );
}
