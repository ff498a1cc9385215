/** What one can do with a message: answer it, and one's own change in place, or delete after a second thought. */

import type { Code } from '@chatty/protocol/errors';
import type { Message } from '@chatty/protocol/events';
import { hasInk } from '@chatty/protocol/normalize-text';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Hint, leftOf } from '../composer/field-hint.js';
import { Field } from '../composer/message-field.js';
import type { Deed, Deeds } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { sentenceOf } from '../i18n/strings.js';
import { Icon } from '../panel/icon.js';
import { FACE } from './emoji-button.js';
import { QuickReactions } from './reactions.js';
import { wordsOf } from './strings.js';

type Props = { message: Message; language: Language; deeds: Deeds };

export function Tools({ message, own, language, deeds }: Props & { own: boolean }) {
  const words = wordsOf(language);
  const [feeling, setFeeling] = useState(false);
  const button = (label: string, path: string, onClick: () => void) => (
    <button type="button" aria-label={label} title={label} onClick={onClick}>
      <Icon path={path} size={16} />
    </button>
  );
  const { id, content } = message;
  const begin = (kind: Deed['kind']) => deeds.begin({ id, kind, draft: content });
  if (feeling)
    return (
      <fieldset
        class="tools feeling"
        aria-label={words.react}
        onKeyDown={leaveOnEscape(() => setFeeling(false))}
        onMouseLeave={() => setFeeling(false)}
      >
        <QuickReactions message={message} language={language} deeds={deeds} all={() => begin('react')} />
      </fieldset>
    );
  return (
    <div class="tools">
      {button(words.react, FACE, () => setFeeling(true))}
      {button(words.reply, 'M9 7 4 12l5 5M4 12h9c4 0 6 2 7 6', () => deeds.reply(message))}
      {own && button(words.edit, 'M4 20l1-5L16 4l4 4L9 19zM14 6l4 4', () => begin('edit'))}
      {own &&
        button(words.remove, 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5', () => begin('remove'))}
    </div>
  );
}

/** One attempt at a time, and why the last one failed. */
function useAttempt(end: () => void) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Code | null>(null);
  const attempt = async (deed: Promise<Code | null>) => {
    setBusy(true);
    const code = await deed;
    setBusy(false);
    setFault(code);
    if (code === null) end();
  };
  return { busy, fault, setFault, attempt };
}

/** Takes the focus when it appears, and with it the view. */
function useFocus(element: RefObject<HTMLElement | null>) {
  useLayoutEffect(() => {
    element.current?.focus({ preventScroll: true });
    element.current?.closest('.row')?.scrollIntoView({ block: 'nearest' });
  }, [element]);
}

function leaveOnEscape(end: () => void) {
  return (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    // The panel would close.
    event.stopPropagation();
    end();
  };
}

export function Editor({ message, language, deeds, deed }: Props & { deed: Deed }) {
  const words = wordsOf(language);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(deed.draft);
  const { busy, fault, setFault, attempt } = useAttempt(deeds.end);
  const left = leftOf(text);
  // Set once: a controlled field would disturb an input method. What is set leaves the caret at the end.
  useLayoutEffect(() => {
    if (field.current) field.current.value = deed.draft;
  }, []);
  useFocus(field);

  const submit = () => {
    const value = field.current?.value ?? '';
    if (busy || !hasInk(value)) return;
    if (value === message.content) deeds.end();
    else attempt(deeds.edit(message.id, value));
  };
  return (
    <form
      class="editor"
      onKeyDown={leaveOnEscape(deeds.end)}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field
        field={field}
        text={text}
        label={words.edit}
        wrong={fault !== null || left < 0}
        change={(value) => {
          deed.draft = value;
          setText(value);
          setFault(null);
        }}
        submit={submit}
      />
      <Hint fault={fault} left={left} language={language} />
      <div class="choice">
        <button type="button" onClick={deeds.end}>
          {words.cancel}
        </button>
        <button type="submit" class="main" disabled={busy || !hasInk(text) || left < 0}>
          {words.save}
        </button>
      </div>
    </form>
  );
}

export function Removal({ message, language, deeds }: Props) {
  const words = wordsOf(language);
  const cancel = useRef<HTMLButtonElement>(null);
  const { busy, fault, attempt } = useAttempt(deeds.end);
  // The harmless choice has the focus: a held Enter key deletes nothing.
  useFocus(cancel);
  return (
    <fieldset class="removal" aria-label={words.removeSure} onKeyDown={leaveOnEscape(deeds.end)}>
      <span role={fault === null ? undefined : 'alert'}>
        {fault === null ? words.removeSure : sentenceOf(words, fault)}
      </span>
      <div class="choice">
        <button type="button" ref={cancel} onClick={deeds.end}>
          {words.cancel}
        </button>
        <button
          type="button"
          class="main danger"
          disabled={busy}
          onClick={() => attempt(deeds.remove(message.id))}
        >
          {words.remove}
        </button>
      </div>
    </fieldset>
  );
}
