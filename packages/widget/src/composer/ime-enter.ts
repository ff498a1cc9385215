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

export type TypingEvent =
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
export type Decision = 'send' | 'prevent' | 'pass';

/** keyCode of a key that the input method has taken (UI Events, legacy key attributes). */
const TAKEN = 229;
/** How long echoes of one key press may follow it where no keyup tells its end, in milliseconds. */
const ECHO = 300;
/** Safari's keydown comes in the same turn as the compositionend before it. */
const JUST_ENDED = 100;
const HANGUL = /^[\p{Script=Hangul}\u3130-\u318f]+$/u;

/** One text field's typing. Feed it every event of the field in order; it answers what to do. */
export function createEnter(): (event: TypingEvent) => Decision {
  let composing = false;
  let composed = '';
  let ended = { hangul: false, at: Number.NEGATIVE_INFINITY };
  /** Enter was pressed within a Hangul syllable: the line goes when the syllable has ended. */
  let due = false;
  /** This press of Enter has done its work. */
  let spentAt = Number.NEGATIVE_INFINITY;
  let shifted = false;

  const isSpent = (time: number) => time - spentAt < ECHO;
  const release = () => {
    spentAt = Number.NEGATIVE_INFINITY;
    shifted = false;
  };
  const spend = (time: number, decision: Decision): Decision => {
    spentAt = time;
    due = false;
    return decision;
  };

  function keydown(event: Extract<TypingEvent, { type: 'keydown' }>): Decision {
    if (!isEnter(event)) {
      release();
      return 'pass';
    }
    if (event.shiftKey) {
      shifted = true;
      return 'pass';
    }
    shifted = false;
    if (event.repeat || isSpent(event.time)) return 'prevent';
    if (composing || event.isComposing) {
      due = HANGUL.test(composed);
      return due ? 'pass' : spend(event.time, 'pass');
    }
    if (event.keyCode !== TAKEN) return spend(event.time, 'send');
    if (event.time - ended.at > JUST_ENDED) return 'pass';
    return spend(event.time, ended.hangul ? 'send' : 'prevent');
  }

  function compositionend(data: string, time: number): Decision {
    composing = false;
    ended = { hangul: HANGUL.test(data), at: time };
    const send = due && ended.hangul && !isSpent(time);
    due = false;
    return send ? spend(time, 'send') : 'pass';
  }

  function lineBreak(time: number): Decision {
    if (shifted) return 'pass';
    if (isSpent(time)) return 'prevent';
    if (!composing) return spend(time, 'send');
    due = HANGUL.test(composed);
    return 'prevent';
  }

  return (event) => {
    switch (event.type) {
      case 'keydown':
        return keydown(event);
      case 'keyup':
        if (event.key === 'Enter' || isEnterCode(event.code)) release();
        return 'pass';
      case 'compositionstart':
        composing = true;
        composed = event.data;
        due = false;
        release();
        return 'pass';
      case 'compositionupdate':
        composed = event.data;
        return 'pass';
      case 'compositionend':
        return compositionend(event.data, event.time);
      case 'beforeinput':
        return /^insert(LineBreak|Paragraph)$/.test(event.inputType) ? lineBreak(event.time) : 'pass';
    }
  };
}

function isEnter({ key, code, keyCode }: { key: string; code: string; keyCode: number }): boolean {
  return key === 'Enter' || (keyCode === TAKEN && isEnterCode(code));
}

function isEnterCode(code: string): boolean {
  return code === 'Enter' || code === 'NumpadEnter';
}
