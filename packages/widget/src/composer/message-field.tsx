/** A field for a message: it grows with its text, and its Enter leaves an input method in peace. */

import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { createEnter, type Decision, type TypingEvent } from './ime-enter.js';

export function Field({
  field,
  text,
  label,
  wrong,
  change,
  submit,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  label: string;
  wrong: boolean;
  change: (text: string) => void;
  /** Enter was meant: the element holds the whole text, the last syllable included. */
  submit: () => void;
}) {
  const decide = useRef(createEnter()).current;
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
    <div class="field">
      {/* Lies under the text and gives the field its height, since no style may be set on it. */}
      <div class="mirror" aria-hidden="true">{`${text}\n`}</div>
      <textarea
        ref={field}
        rows={1}
        placeholder={label}
        aria-label={label}
        aria-invalid={wrong}
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => change(event.currentTarget.value)}
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
  );
}

function keyRecord(event: KeyboardEvent): TypingEvent {
  const { key, code, keyCode, isComposing, shiftKey, repeat, timeStamp: time } = event;
  if (event.type === 'keyup') return { type: 'keyup', key, code, time };
  return { type: 'keydown', key, code, keyCode, isComposing, shiftKey, repeat, time };
}
