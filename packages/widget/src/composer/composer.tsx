/** Where a message is written: Enter sends, Shift+Enter breaks the line. */

import type { Chat, Reason } from '@chatty/client/chat';
import type { Code } from '@chatty/protocol/errors';
import type { Message } from '@chatty/protocol/events';
import { hasInk } from '@chatty/protocol/normalize-text';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Draft, Extras } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { Because } from '../panel/refusal-text.js';
import { Hint, leftOf } from './field-hint.js';
import { Field } from './message-field.js';

export function Composer({
  chat,
  bar,
  language,
  draft,
  answers,
  answer,
  extras,
  takesFocus,
}: {
  chat: Chat;
  /** Why the visitor may not write now. */
  bar: Reason | null;
  language: Language;
  draft: Draft;
  /** The message being answered. */
  answers: Message | null;
  answer: (message: Message | null) => void;
  extras: Extras | null;
  /** Whether the field that appears now takes the focus. */
  takesFocus: () => boolean;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft.text);
  const [fault, setFault] = useState<Code | null>(null);
  const left = leftOf(text);
  const taker = useRef<(() => boolean) | null>(null);
  const notice = useRef<HTMLParagraphElement>(null);
  const begun = useRef(answers);
  const slow = bar?.code === 'slow_mode';
  const barred = bar !== null && !slow;
  /** The field has the focus, and is about to go. */
  const leaves = barred && field.current?.matches(':focus');

  useLayoutEffect(() => {
    // Set once: a controlled field would disturb an input method.
    if (field.current) field.current.value = draft.text;
    if (leaves) notice.current?.focus({ preventScroll: true });
  }, [draft, barred]);

  useLayoutEffect(() => {
    if (takesFocus()) field.current?.focus({ preventScroll: true });
  }, [draft]);

  useLayoutEffect(() => {
    // One that was there before the field is none that the visitor has just chosen.
    if (answers && answers !== begun.current) field.current?.focus();
    begun.current = answers;
  }, [answers]);

  const write = (value: string) => {
    draft.text = value;
    setText(value);
  };
  const submit = () => {
    const element = field.current;
    // A name that is being chosen takes the Enter.
    if (!element || !hasInk(element.value) || taker.current?.() || bar) return;
    const code = chat.send(element.value, answers?.id ?? null);
    setFault(code);
    if (code !== null) return;
    element.value = '';
    answer(null);
    write('');
  };

  if (barred)
    return (
      <p class="composer join" part="composer" role="status" tabIndex={-1} ref={notice}>
        <Because reason={bar} {...{ extras, language }} />
      </p>
    );
  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
        field.current?.focus();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing || !answers) return;
        // The panel would close.
        event.stopPropagation();
        answer(null);
      }}
    >
      {extras && answers && (
        <extras.Replying message={answers} language={language} cancel={() => answer(null)} />
      )}
      <Field
        field={field}
        text={text}
        label={language.words.write}
        wrong={fault !== null || left < 0}
        change={(value) => {
          write(value);
          if (value !== '') chat.typing();
          setFault(null);
        }}
        submit={submit}
      />
      {extras && (
        <>
          <extras.Mentions {...{ chat, field, text, language, write, taker }} />
          <extras.EmojiButton
            language={language}
            pick={(emoji) => {
              const element = field.current;
              if (!element) return;
              element.setRangeText(emoji, element.selectionStart, element.selectionEnd, 'end');
              write(element.value);
            }}
          />
        </>
      )}
      <button
        type="submit"
        class="send"
        aria-label={language.words.send}
        title={language.words.send}
        disabled={!hasInk(text) || left < 0 || slow}
      >
        {extras && bar?.until ? (
          <extras.Seconds until={bar.until} />
        ) : (
          <Icon path="M12 20V5M5.5 11 12 4.5 18.5 11" />
        )}
      </button>
      {extras && <extras.Slow until={bar?.until ?? null} {...{ chat, language }} />}
      <Hint fault={fault} left={left} language={language} />
    </form>
  );
}
