/**
 * Decides what Enter means while somebody types with an input method.
 *
 * Hangul: Enter ends the syllable and sends the line, once, without a second Enter. Japanese and Chinese: Enter only
 * confirms the candidate. Browsers tell the same key press in different orders, which are all met here:
 * - Chrome on macOS: keydown (229, composing), compositionend, sometimes a second keydown (13)
 * - Chrome on Windows: keydown (key "Process", code "Enter", 229), compositionend, sometimes keydown (13)
 * - Safari: compositionend first, then keydown (229, no longer composing)
 * - ibus on Linux: compositionend, then an ordinary keydown (13)
 * - Android: no Enter key at all, only beforeinput with a line break
 */

export type InputEventRecord =
  | {
      type: 'keydown';
      key: string;
      code: string;
      keyCode: number;
      isComposing: boolean;
      shiftKey: boolean;
      repeat: boolean;
      /** Milliseconds on any clock that does not go back. */
      time: number;
    }
  | { type: 'keyup'; key: string; code: string; time: number }
  | { type: 'compositionstart' | 'compositionupdate' | 'compositionend'; data: string; time: number }
  | { type: 'beforeinput'; inputType: string; time: number };

/** `send`: send the line and keep the browser from acting. `prevent`: only the latter. `pass`: let it be. */
export type EnterDecision = 'send' | 'prevent' | 'pass';

/** keyCode of a key that the input method has taken (UI Events, legacy key attributes). */
const IME_KEY_CODE = 229;
/** How long echoes of one key press may follow it where no keyup tells its end, in milliseconds. */
const ENTER_ECHO_MS = 300;
/** Safari's keydown comes in the same turn as the compositionend before it. */
const COMPOSITION_END_GRACE_MS = 100;
const HANGUL = /^[\p{Script=Hangul}\u3130-\u318f]+$/u;

/** One text field's typing. Feed it every event of the field in order; it answers what to do. */
export function createEnterHandler(): (event: InputEventRecord) => EnterDecision {
  let isComposingText = false;
  let compositionText = '';
  let lastComposition = { hangul: false, at: Number.NEGATIVE_INFINITY };
  /** Enter was pressed within a Hangul syllable: the line goes when the syllable has ended. */
  let sendWhenComposed = false;
  /** This press of Enter has done its work. */
  let handledAt = Number.NEGATIVE_INFINITY;
  let isShiftEnter = false;

  const isAlreadyHandled = (time: number) => time - handledAt < ENTER_ECHO_MS;
  const resetPress = () => {
    handledAt = Number.NEGATIVE_INFINITY;
    isShiftEnter = false;
  };
  const markHandled = (time: number, decision: EnterDecision): EnterDecision => {
    handledAt = time;
    sendWhenComposed = false;
    return decision;
  };

  function onKeydown(event: Extract<InputEventRecord, { type: 'keydown' }>): EnterDecision {
    if (!isEnter(event)) {
      resetPress();
      return 'pass';
    }
    if (event.shiftKey) {
      isShiftEnter = true;
      return 'pass';
    }
    isShiftEnter = false;
    if (event.repeat || isAlreadyHandled(event.time)) return 'prevent';
    if (isComposingText || event.isComposing) {
      sendWhenComposed = HANGUL.test(compositionText);
      return sendWhenComposed ? 'pass' : markHandled(event.time, 'pass');
    }
    if (event.keyCode !== IME_KEY_CODE) return markHandled(event.time, 'send');
    if (event.time - lastComposition.at > COMPOSITION_END_GRACE_MS) return 'pass';
    return markHandled(event.time, lastComposition.hangul ? 'send' : 'prevent');
  }

  function onCompositionEnd(data: string, time: number): EnterDecision {
    isComposingText = false;
    lastComposition = { hangul: HANGUL.test(data), at: time };
    const send = sendWhenComposed && lastComposition.hangul && !isAlreadyHandled(time);
    sendWhenComposed = false;
    return send ? markHandled(time, 'send') : 'pass';
  }

  function onLineBreak(time: number): EnterDecision {
    if (isShiftEnter) return 'pass';
    if (isAlreadyHandled(time)) return 'prevent';
    if (!isComposingText) return markHandled(time, 'send');
    sendWhenComposed = HANGUL.test(compositionText);
    return 'prevent';
  }

  return (event) => {
    switch (event.type) {
      case 'keydown':
        return onKeydown(event);
      case 'keyup':
        if (event.key === 'Enter' || isEnterCode(event.code)) resetPress();
        return 'pass';
      case 'compositionstart':
        isComposingText = true;
        compositionText = event.data;
        sendWhenComposed = false;
        resetPress();
        return 'pass';
      case 'compositionupdate':
        compositionText = event.data;
        return 'pass';
      case 'compositionend':
        return onCompositionEnd(event.data, event.time);
      case 'beforeinput':
        return /^insert(LineBreak|Paragraph)$/.test(event.inputType) ? onLineBreak(event.time) : 'pass';
    }
  };
}

function isEnter({ key, code, keyCode }: { key: string; code: string; keyCode: number }): boolean {
  return key === 'Enter' || (keyCode === IME_KEY_CODE && isEnterCode(code));
}

function isEnterCode(code: string): boolean {
  return code === 'Enter' || code === 'NumpadEnter';
}
