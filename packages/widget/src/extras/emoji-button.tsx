/** The button that opens the emoji picker and loads it on first use. */

import { useMemo, useRef, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { Popup } from './popup.js';
import { extraStringsOf } from './strings.js';

/** A face that smiles. */
export const SMILEY_ICON_PATH =
  'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M8.5 14.5c1 1.3 2.2 2 3.5 2s2.5-.7 3.5-2M9 9.5v.1M15 9.5v.1';

type PickerComponent = typeof import('../emoji/picker.js').EmojiPicker;

/** @param pick is given each emoji; the picker stays open for more */
export function EmojiButton({ language, pick }: { language: Language; pick: (emoji: string) => void }) {
  const { locale } = language;
  const strings = extraStringsOf(language);
  const button = useRef<HTMLButtonElement>(null);
  const [PickerComponent, setPicker] = useState<{ PickerComponent: PickerComponent } | null>(null);
  const close = useMemo(
    () => () => {
      setPicker(null);
      button.current?.focus();
    },
    [],
  );
  const open = async () => {
    const loaded = await import('../emoji/picker.js').catch(() => null);
    if (loaded) setPicker({ PickerComponent: loaded.EmojiPicker });
  };
  return (
    <>
      <button
        type="button"
        class="beside"
        ref={button}
        aria-label={strings.emoji}
        title={strings.emoji}
        aria-expanded={PickerComponent !== null}
        aria-haspopup="dialog"
        onClick={PickerComponent ? close : open}
      >
        <Icon path={SMILEY_ICON_PATH} size={20} />
      </button>
      {PickerComponent && (
        <Popup close={close} opener={button}>
          <PickerComponent.PickerComponent pick={pick} close={close} words={strings} locale={locale} />
        </Popup>
      )}
    </>
  );
}
