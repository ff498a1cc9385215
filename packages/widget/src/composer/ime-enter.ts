/**
 * Decides what Enter does while the user types with an input method.
 *
 * Hangul: Enter ends the syllable and sends the message once, without a second Enter. Japanese and Chinese: Enter only
 * confirms the candidate. Browsers report the same key press in different orders:
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

/** `send`: send the message and prevent the browser's action. `prevent`: only the latter. `pass`: do nothing. */
export type EnterDecision = 'send' | 'prevent' | 'pass';

/** keyCode of a key that the input method handles itself (UI Events, legacy key attributes). */
const IME_KEY_CODE = 229;
/** How long events of the same key press may follow it when no keyup comes. */
const ENTER_ECHO_MS = 300;
/** Safari sends its keydown right after the compositionend. */
const COMPOSITION_END_GRACE_MS = 100;
const HANGUL = /^[\p{Script=Hangul}\u3130-\u318f]+$/u;

/** Follows one text field: takes every event of the field in order and decides what the browser may do with it. */
export function createEnterHandler(): (event: InputEventRecord) => EnterDecision {
  const state: TypingState = {
    isComposingText: false,
    compositionText: '',
    lastComposition: { hangul: false, at: Number.NEGATIVE_INFINITY },
    sendWhenComposed: false,
    handledAt: Number.NEGATIVE_INFINITY,
    isShiftEnter: false,
  };
  return (event) => decide(state, event);
}

type TypingState = {
  isComposingText: boolean;
  compositionText: string;
  lastComposition: { hangul: boolean; at: number };
  /** Enter was pressed within a Hangul syllable: the message is sent when the syllable has ended. */
  sendWhenComposed: boolean;
  /** When the last press of Enter was acted on; browsers repeat it in other events. */
  handledAt: number;
  isShiftEnter: boolean;
};

function decide(state: TypingState, event: InputEventRecord): EnterDecision {
  switch (event.type) {
    case 'keydown':
      return onKeydown(state, event);
    case 'keyup':
      if (event.key === 'Enter' || isEnterCode(event.code)) resetPress(state);
      return 'pass';
    case 'compositionstart':
      state.isComposingText = true;
      state.compositionText = event.data;
      state.sendWhenComposed = false;
      resetPress(state);
      return 'pass';
    case 'compositionupdate':
      state.compositionText = event.data;
      return 'pass';
    case 'compositionend':
      return onCompositionEnd(state, event.data, event.time);
    case 'beforeinput':
      return /^insert(LineBreak|Paragraph)$/.test(event.inputType) ? onLineBreak(state, event.time) : 'pass';
  }
}

function onKeydown(state: TypingState, event: Extract<InputEventRecord, { type: 'keydown' }>): EnterDecision {
  if (!isEnter(event)) {
    resetPress(state);
    return 'pass';
  }
  state.isShiftEnter = event.shiftKey;
  if (event.shiftKey) return 'pass';
  if (event.repeat || isAlreadyHandled(state, event.time)) return 'prevent';
  if (state.isComposingText || event.isComposing) {
    state.sendWhenComposed = HANGUL.test(state.compositionText);
    return state.sendWhenComposed ? 'pass' : markHandled(state, event.time, 'pass');
  }
  if (event.keyCode !== IME_KEY_CODE) return markHandled(state, event.time, 'send');
  if (event.time - state.lastComposition.at > COMPOSITION_END_GRACE_MS) return 'pass';
  return markHandled(state, event.time, state.lastComposition.hangul ? 'send' : 'prevent');
}

function onCompositionEnd(state: TypingState, data: string, time: number): EnterDecision {
  state.isComposingText = false;
  state.lastComposition = { hangul: HANGUL.test(data), at: time };
  const send = state.sendWhenComposed && state.lastComposition.hangul && !isAlreadyHandled(state, time);
  state.sendWhenComposed = false;
  return send ? markHandled(state, time, 'send') : 'pass';
}

function onLineBreak(state: TypingState, time: number): EnterDecision {
  if (state.isShiftEnter) return 'pass';
  if (isAlreadyHandled(state, time)) return 'prevent';
  if (!state.isComposingText) return markHandled(state, time, 'send');
  state.sendWhenComposed = HANGUL.test(state.compositionText);
  return 'prevent';
}

function isAlreadyHandled(state: TypingState, time: number): boolean {
  return time - state.handledAt < ENTER_ECHO_MS;
}

function resetPress(state: TypingState): void {
  state.handledAt = Number.NEGATIVE_INFINITY;
  state.isShiftEnter = false;
}

function markHandled(state: TypingState, time: number, decision: EnterDecision): EnterDecision {
  state.handledAt = time;
  state.sendWhenComposed = false;
  return decision;
}

function isEnter({ key, code, keyCode }: { key: string; code: string; keyCode: number }): boolean {
  return key === 'Enter' || (keyCode === IME_KEY_CODE && isEnterCode(code));
}

function isEnterCode(code: string): boolean {
  return code === 'Enter' || code === 'NumpadEnter';
}
