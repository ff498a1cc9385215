/** Where a message is written: Enter sends, Shift+Enter breaks the line, and an input method is left in peace. */

import type { Code } from '@chatty/protocol/codes';
import { MESSAGE_GRAPHEMES } from '@chatty/protocol/limits';
import { cleanContent, countGraphemes, hasInk } from '@chatty/protocol/text';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { createEnter, type Decision, type TypingEvent } from './enter.js';
import type { Language } from './language.js';

/** From how many characters left on they are counted for the writer. */
const COUNTED = 200;

export function Composer({
  send,
  language,
  focus,
}: {
  /** Answers why the text was not taken, or null. */
  send: (text: string) => Code | null;
  language: Language;
  /** Whether the field takes the focus when it appears. */
  focus: boolean;
}) {
  const field = useRef<HTMLTextAreaElement>(null);
  const decide = useRef(createEnter()).current;
  const [text, setText] = useState('');
  const [fault, setFault] = useState<Code | null>(null);
  const left =
    text.length > MESSAGE_GRAPHEMES - COUNTED
      ? MESSAGE_GRAPHEMES - countGraphemes(cleanContent(text))
      : MESSAGE_GRAPHEMES;

  useLayoutEffect(() => {
    if (focus) field.current?.focus({ preventScroll: true });
  }, [focus]);

  const submit = () => {
    const element = field.current;
    if (!element || !hasInk(element.value)) return;
    const code = send(element.value);
    setFault(code);
    if (code !== null) return;
    element.value = '';
    setText('');
  };
  const act = (event: Event, decision: Decision) => {
    if (decision !== 'pass') event.preventDefault();
    if (decision === 'send') submit();
  };
  const onKey = (event: KeyboardEvent) => act(event, decide(keyRecord(event)));
  const onComposition = (event: CompositionEvent) => {
    const type = event.type as 'compositionstart' | 'compositionupdate' | 'compositionend';
    // The field holds the ended syllable only after this event has gone by.
    if (decide({ type, data: event.data, time: event.timeStamp }) === 'send') setTimeout(submit, 0);
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
      <div class="field">
        {/* Lies under the text and gives the field its height, since no style may be set on it. */}
        <div class="mirror" aria-hidden="true">{`${text}\n`}</div>
        <textarea
          ref={field}
          rows={1}
          placeholder={language.words.write}
          aria-label={language.words.write}
          aria-invalid={fault !== null || left < 0}
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => {
            setText(event.currentTarget.value);
            setFault(null);
          }}
          onKeyDown={onKey}
          onKeyUp={onKey}
          onCompositionStart={onComposition}
          onCompositionUpdate={onComposition}
          onCompositionEnd={onComposition}
          onBeforeInput={(event: InputEvent) => {
            act(event, decide({ type: 'beforeinput', inputType: event.inputType, time: event.timeStamp }));
          }}
        />
      </div>
      <button
        type="submit"
        class="send"
        aria-label={language.words.send}
        title={language.words.send}
        disabled={!hasInk(text) || left < 0}
      >
        <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
          <path
            d="M12 20V5M5.5 11 12 4.5 18.5 11"
            fill="none"
            stroke="currentColor"
            stroke-width="2.2"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </svg>
      </button>
      {(fault !== null || left < COUNTED) && (
        <p class={`hint ${fault !== null || left < 0 ? 'wrong' : ''}`} role="status">
          {fault !== null ? language.words.codes[fault] : language.words.left(left)}
        </p>
      )}
    </form>
  );
}

function keyRecord(event: KeyboardEvent): TypingEvent {
  const { key, code, keyCode, isComposing, shiftKey, repeat, timeStamp: time } = event;
  if (event.type === 'keyup') return { type: 'keyup', key, code, time };
  return { type: 'keydown', key, code, keyCode, isComposing, shiftKey, repeat, time };
}
