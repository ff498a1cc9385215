/** The button beside the field that opens the emoji picker, which is loaded then. */

import { useMemo, useRef, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { Popup } from './popup.js';
import { wordsOf } from './strings.js';

/** A face that smiles. */
export const FACE =
  'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M8.5 14.5c1 1.3 2.2 2 3.5 2s2.5-.7 3.5-2M9 9.5v.1M15 9.5v.1';

type Picker = typeof import('../emoji/picker.js').EmojiPicker;

/** @param pick is given each emoji; the picker stays open for more */
export function EmojiButton({ language, pick }: { language: Language; pick: (emoji: string) => void }) {
  const { locale } = language;
  const words = wordsOf(language);
  const button = useRef<HTMLButtonElement>(null);
  const [Picker, setPicker] = useState<{ Picker: Picker } | null>(null);
  const close = useMemo(
    () => () => {
      setPicker(null);
      button.current?.focus();
    },
    [],
  );
  const open = async () => {
    const loaded = await import('../emoji/picker.js').catch(() => null);
    if (loaded) setPicker({ Picker: loaded.EmojiPicker });
  };
  return (
    <>
      <button
        type="button"
        class="beside"
        ref={button}
        aria-label={words.emoji}
        title={words.emoji}
        aria-expanded={Picker !== null}
        aria-haspopup="dialog"
        onClick={Picker ? close : open}
      >
        <Icon path={FACE} size={20} />
      </button>
      {Picker && (
        <Popup close={close} opener={button}>
          <Picker.Picker pick={pick} close={close} words={words} locale={locale} />
        </Popup>
      )}
    </>
  );
}
