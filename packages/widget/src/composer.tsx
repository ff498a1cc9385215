/** Where a message is written: Enter sends, Shift+Enter breaks the line. */

import type { Code } from '@chatty/protocol/codes';
import { hasInk } from '@chatty/protocol/text';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Field } from './field.js';
import { Hint, leftOf } from './hint.js';
import { Icon } from './icon.js';
import type { Language } from './language.js';

/** A mutable note that outlives the composer. */
export type Draft = { text: string };

export function Composer({
  send,
  language,
  draft,
  focus,
}: {
  /** Answers why the text was not taken, or null. */
  send: (text: string) => Code | null;
  language: Language;
  draft: Draft;
  /** Whether the field takes the focus when it appears. */
  focus: boolean;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(draft.text);
  const [fault, setFault] = useState<Code | null>(null);
  const left = leftOf(text);

  useLayoutEffect(() => {
    // Set once: a controlled field would disturb an input method.
    if (field.current) field.current.value = draft.text;
    if (focus) field.current?.focus({ preventScroll: true });
  }, [focus, draft]);

  const write = (value: string) => {
    draft.text = value;
    setText(value);
  };
  const submit = () => {
    const element = field.current;
    if (!element || !hasInk(element.value)) return;
    const code = send(element.value);
    setFault(code);
    if (code !== null) return;
    element.value = '';
    write('');
  };

  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
        field.current?.focus();
      }}
    >
      <Field
        field={field}
        text={text}
        label={language.words.write}
        wrong={fault !== null || left < 0}
        change={(value) => {
          write(value);
          setFault(null);
        }}
        submit={submit}
      />
      <button
        type="submit"
        class="send"
        aria-label={language.words.send}
        title={language.words.send}
        disabled={!hasInk(text) || left < 0}
      >
        <Icon path="M12 20V5M5.5 11 12 4.5 18.5 11" />
      </button>
      <Hint fault={fault} left={left} language={language} />
    </form>
  );
}
