/** A text field that grows with its text and handles Enter for input methods. */

import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { createEnterHandler, type EnterDecision, type InputEventRecord } from './ime-enter.js';

export function MessageField({
  field,
  text,
  label,
  isInvalid,
  onChange,
  onSubmit,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  label: string;
  isInvalid: boolean;
  onChange: (text: string) => void;
  /** Enter was meant: the element holds the whole text, the last syllable included. */
  onSubmit: () => void;
}) {
  const decideEnter = useRef(createEnterHandler()).current;
  const applyDecision = (event: Event, decision: EnterDecision) => {
    if (decision !== 'pass') event.preventDefault();
    if (decision === 'send') onSubmit();
  };
  const onKey = (event: KeyboardEvent) => applyDecision(event, decideEnter(toInputEventRecord(event)));
  const onComposition = (event: CompositionEvent) => {
    const type = event.type as 'compositionstart' | 'compositionupdate' | 'compositionend';
    // The field holds the ended syllable only after this event has gone by.
    if (decideEnter({ type, data: event.data, time: event.timeStamp }) === 'send') setTimeout(onSubmit, 0);
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
        aria-invalid={isInvalid}
        autocomplete="off"
        enterkeyhint="send"
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={onKey}
        onKeyUp={onKey}
        onCompositionStart={onComposition}
        onCompositionUpdate={onComposition}
        onCompositionEnd={onComposition}
        onBeforeInput={(event: InputEvent) => {
          applyDecision(
            event,
            decideEnter({ type: 'beforeinput', inputType: event.inputType, time: event.timeStamp }),
          );
        }}
      />
    </div>
  );
}

function toInputEventRecord(event: KeyboardEvent): InputEventRecord {
  const { key, code, keyCode, isComposing, shiftKey, repeat, timeStamp: time } = event;
  if (event.type === 'keyup') return { type: 'keyup', key, code, time };
  return { type: 'keydown', key, code, keyCode, isComposing, shiftKey, repeat, time };
}
